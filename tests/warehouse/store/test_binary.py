"""What is written in PostgreSQL's binary form is the same, value by value, as what is written as CSV."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Engine,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from schemas.errors import StoreError
from warehouse.store.binary import encoded
from warehouse.store.copy import Rows, copy, copy_rows
from warehouse.store.engine import raw

EVERY: Final = Table(
    "every_type", MetaData(),
    Column("place", BigInteger), Column("long", BigInteger), Column("whole", Integer), Column("short", SmallInteger),
    Column("real", Double), Column("truth", Boolean), Column("day", Date), Column("said", Text), Column("more", JSON),
    schema="pg_temp",
)  # fmt: skip
Write = Callable[[Connection, pl.DataFrame], None]

SCHEMA: Final = pl.Schema({
    "place": pl.Int64(), "long": pl.Int64(), "whole": pl.Int64(), "short": pl.Int16(), "real": pl.Float64(),
    "truth": pl.Boolean(), "day": pl.Date(), "said": pl.String(), "more": pl.String(),
})  # fmt: skip

NOTHING_IN_POSTGRES: Final = st.characters(exclude_characters="\x00\x01\x02\r\n", exclude_categories=["Cs"])
ROW: Final = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.integers(-(2**15), 2**15 - 1),
    st.none() | st.floats(allow_nan=False) | st.just(float("nan")),
    st.none() | st.booleans(),
    st.none() | st.dates(),
    st.none() | st.text(NOTHING_IN_POSTGRES, max_size=40),
    st.none() | st.sampled_from(['{"a":1}', "[]", '{"é":null,"b":"𝛑"}']),
)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened


def read_back(connection: Connection, write: Write, rows: pl.DataFrame) -> list[tuple[object, ...]]:
    with raw(connection).cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS every_type (place bigint, long bigint, whole integer, "
            "short smallint, real double precision, truth boolean, day date, said text, more json)"
        )
        cursor.execute("TRUNCATE pg_temp.every_type")
    write(connection, rows)
    with raw(connection).cursor() as cursor:
        names = "place, long, whole, short, float8send(real), truth, day - date '2000-01-01', said, more::text"
        return cursor.execute(f"SELECT {names} FROM pg_temp.every_type ORDER BY place").fetchall()


def by_csv(connection: Connection, rows: pl.DataFrame) -> None:
    copy(connection, EVERY, rows)


def by_binary(connection: Connection, rows: pl.DataFrame) -> None:
    copy_rows(connection, Rows.of(EVERY, rows))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(rows=st.lists(ROW, max_size=12))
def test_binary_and_csv_write_the_same_of_every_type(connection: Connection, rows: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame([(place, *row) for place, row in enumerate(rows)], SCHEMA, orient="row")
    assert read_back(connection, by_binary, frame) == read_back(connection, by_csv, frame)


def test_days_from_before_christ_to_the_last_year_arrive_as_the_same_days(connection: Connection) -> None:
    days = [-730_000, -719_529, -1, 0, 10_956, 10_957, 10_958, 2_932_896]
    frame = pl.DataFrame({"place": range(len(days)), "day": pl.Series(days, dtype=pl.Int32).cast(pl.Date)})
    found = read_back(connection, by_binary, frame)
    assert [row[6] for row in found] == [day - 10_957 for day in days]
    assert dt.date(2000, 1, 1) + dt.timedelta(days=days[-1] - 10_957) == dt.date(9999, 12, 31)


def test_a_column_is_written_alike_whether_none_some_or_all_of_it_is_null(connection: Connection) -> None:
    full = (2**40, -7, 3, 0.1, True, dt.date(1931, 5, 9), "Zoë, “x”\t|", '{"n": 1}')
    empty = (None,) * 8
    for picked in ([full] * 3, [full, empty, full], [empty, full, empty], [empty] * 3):
        frame = pl.DataFrame([(place, *row) for place, row in enumerate(picked)], SCHEMA, orient="row")
        assert read_back(connection, by_binary, frame) == read_back(connection, by_csv, frame)


def test_rows_beyond_one_block_and_slices_of_a_frame_are_whole(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.store.copy._BLOCK_ROWS", 7)
    said = [None if place % 5 == 0 else "é" * (place % 11) for place in range(60)]
    frame = pl.DataFrame({"place": range(60), "said": said, "whole": [*range(59), None]})[3:52]
    assert read_back(connection, by_binary, frame) == read_back(connection, by_csv, frame)


def test_a_number_too_large_for_its_column_is_refused_without_being_quoted() -> None:
    with pytest.raises(StoreError, match="too large for column whole") as failure:
        encoded(EVERY, pl.DataFrame({"place": [1], "whole": [2**31]}))
    assert str(2**31) not in str(failure.value)


def test_no_rows_are_no_bytes() -> None:
    assert bytes(encoded(EVERY, SCHEMA.to_frame())) == b""
