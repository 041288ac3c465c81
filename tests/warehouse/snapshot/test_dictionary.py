import duckdb
import polars as pl
import pytest

from schemas.catalogue import feeds
from schemas.errors import StoreError
from warehouse.snapshot.dictionary import describe


def dictionary(snapshot: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return snapshot.execute("FROM dictionary").pl()


def test_every_table_and_column_is_described_once(snapshot: duckdb.DuckDBPyConnection) -> None:
    there = snapshot.execute(
        "SELECT CASE table_schema WHEN 'main' THEN '' ELSE table_schema || '.' END || table_name, column_name"
        " FROM information_schema.columns"
    ).fetchall()
    described = dictionary(snapshot).drop_nulls("column_name")
    assert sorted(described.select("table_name", "column_name").iter_rows()) == sorted(there)
    tables = dictionary(snapshot).filter(pl.col("column_name").is_null())["table_name"]
    assert sorted(tables) == sorted({table for table, _ in there})
    assert (dictionary(snapshot)["meaning"].str.len_chars() > 3).all()
    assert dictionary(snapshot)["source"].is_not_null().all()


def test_a_typed_column_says_codes_unit_and_which_file_columns_fill_it(snapshot: duckdb.DuckDBPyConnection) -> None:
    rows = {(row["table_name"], row["column_name"]): row for row in dictionary(snapshot).iter_rows(named=True)}
    assert rows["court_charge", "offence_date"]["source"] == "metro_court_charges.OFFENSE_DT"
    assert rows["court_charge", "offence_date"]["type"] == "DATE"
    assert "GP: guilty, plea" in rows["court_charge", "disposition_code"]["codes"]
    assert rows["attendance", "minutes"]["unit"] == "minutes"
    assert rows["assessment", "scale"]["codes"].startswith("WHO-5: 0 to 25")
    assert "not_observable:" in rows["outcome", "value"]["codes"]


def test_a_column_that_nobody_has_described_is_an_error() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE participant (shoe_size INTEGER)")
        with pytest.raises(StoreError, match=r"participant\.shoe_size"):
            describe(connection, feeds())
