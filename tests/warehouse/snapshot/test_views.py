import duckdb
import pytest

from warehouse.snapshot.typed import TYPED_VIEWS
from warehouse.snapshot.views import BASE_VIEWS, DERIVED, store_views, typed_view_ddl


@pytest.mark.parametrize("table", ["event", "span", *(view.name for view in TYPED_VIEWS)])
def test_no_view_is_a_nested_loop_over_everything(snapshot: duckdb.DuckDBPyConnection, table: str) -> None:
    plan = "".join(step for _, step in snapshot.execute(f"EXPLAIN FROM {table}").fetchall())
    assert "NL_JOIN" not in plan
    assert "NESTED_LOOP" not in plan


def test_every_view_of_the_store_that_the_snapshot_names_is_there() -> None:
    assert set(store_views((*BASE_VIEWS, *DERIVED))) == {*BASE_VIEWS, *DERIVED}


def test_the_typed_views_are_the_same_in_both_dialects() -> None:
    postgres = [statement for statement in typed_view_ddl("postgres") if statement.startswith("CREATE")]
    assert len(postgres) == len(typed_view_ddl("duckdb")) == len(TYPED_VIEWS)
    assert "detail ->> 'offence_date'" in postgres[0]
    assert "detail ->> '$.offence_date'" in typed_view_ddl("duckdb")[0]
