import json
from uuid import UUID

import duckdb
import pytest
from sqlalchemy import Engine

from tests.spec.drawn import table
from warehouse.snapshot.typed import TYPED_VIEWS
from warehouse.snapshot.views import BASE_VIEWS, DERIVED, select, store_views, typed_view_ddl
from warehouse.store.engine import raw


@pytest.mark.parametrize("name", ["event", "span", *(view.name for view in TYPED_VIEWS)])
def test_no_view_is_a_nested_loop_over_everything(snapshot: duckdb.DuckDBPyConnection, name: str) -> None:
    plan = "".join(step for _, step in snapshot.execute(f"EXPLAIN FROM {name}").fetchall())
    assert "NL_JOIN" not in plan
    assert "NESTED_LOOP" not in plan


def test_every_view_of_the_store_that_the_snapshot_names_is_there() -> None:
    assert set(store_views((*BASE_VIEWS, *DERIVED))) == {*BASE_VIEWS, *DERIVED}


def test_the_typed_views_are_the_same_in_both_dialects() -> None:
    postgres = [statement for statement in typed_view_ddl("postgres") if statement.startswith("CREATE")]
    assert len(postgres) == len(typed_view_ddl("duckdb")) == len(TYPED_VIEWS)
    assert "detail ->> 'offence_date'" in postgres[0]
    assert "detail ->> '$.offence_date'" in typed_view_ddl("duckdb")[0]


DISPOSED = """
charge | disposition | date       | code
1      | 1           | 2020-07-01 | ND
1      | 1           | 2020-08-01 | GP
2      | 2           | 2020-07-01 | GJ
2      | 2           | 2020-08-01 | ND
3      | 3           | 2020-07-01 | GP
3      | 3           | 2020-08-01 | PT
4      | 4           | 2020-07-01 | DU
4      | 4           | 2020-07-01 | GP
5      |             | 2020-09-01 | GC
"""
"""The dispositions of the charges of one case."""


def test_a_charge_has_the_disposition_that_re_conviction_counts(engine: Engine) -> None:
    """Last that decides; on one day the conviction; the case's own where the charge has none. The same in both."""
    drawn = table(DISPOSED)
    charges = {row["charge"]: ("charge", "2020-04-01", None, row["charge"]) for row in drawn}.values()
    disposed = [("disposition", row["date"], row["code"], row["disposition"]) for row in drawn]
    rows = [
        (str(UUID(int=1)), "linked", kind, day, code, None if code is None else "as said", "court", "f", 7, place, 1,
         json.dumps({"charge_number": int(number)} if number else {}))
        for place, (kind, day, code, number) in enumerate([*charges, *disposed])
    ]  # fmt: skip
    create = (
        "CREATE TEMPORARY TABLE event (participant_key UUID, status TEXT, kind TEXT, event_date DATE, code TEXT,"
        " code_raw TEXT, agency TEXT, feed TEXT, record_id BIGINT, row_number INTEGER, extract_id BIGINT, detail JSON,"
        " text TEXT, known_from DATE)"
    )
    view, query = next(view for view in TYPED_VIEWS if view.name == "court_charge"), (
        "SELECT charge_number, disposition_code, CAST(disposition_date AS TEXT), convicted FROM ({}) AS c ORDER BY 1"
    )  # fmt: skip
    with engine.connect() as connection, duckdb.connect() as local:
        stored = raw(connection).cursor()
        for cursor, mark in ((stored, "%s"), (local, "?")):
            cursor.execute(create)
            cursor.executemany(f"INSERT INTO event VALUES ({', '.join([mark] * 12)}, NULL, NULL)", rows)
        stored.execute(query.format(select(view).sql("postgres")).encode())
        local.execute(query.format(select(view).sql("duckdb")))
        assert stored.fetchall() == local.fetchall() == [
            ("1", "GP", "2020-08-01", True), ("2", "ND", "2020-08-01", False), ("3", "GP", "2020-07-01", True),
            ("4", "GP", "2020-07-01", True), ("5", "GC", "2020-09-01", True),
        ]  # fmt: skip
