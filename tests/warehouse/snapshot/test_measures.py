import duckdb
import pytest

from warehouse.measures.figures import MEASURE
from warehouse.measures.sections import meanings
from warehouse.measures.views import VIEWS


@pytest.mark.parametrize("name", [view.name for view in VIEWS])
def test_a_measure_can_be_read_from_the_snapshot(snapshot: duckdb.DuckDBPyConnection, name: str) -> None:
    found = snapshot.execute(f"FROM {name}").pl()
    described = snapshot.execute("SELECT column_name FROM dictionary WHERE table_name = ?", [name]).fetchall()
    assert [(column,) for column in (None, *found.columns)] == described


def test_the_figures_are_published_with_a_meaning_each(snapshot: duckdb.DuckDBPyConnection) -> None:
    found = snapshot.execute("FROM measure").pl()
    assert found.columns == list(MEASURE)
    assert set(found.select("measure", "metric").iter_rows()) <= set(meanings())
    kept = "SELECT n, value FROM measure WHERE measure = 'recidivism' AND metric = 'recharge_12'"
    rate = (
        "SELECT observable, rate FROM outcome_rate"
        " WHERE outcome = 'recharge' AND window_months = 12 AND stratum_kind = 'overall'"
    )
    assert snapshot.execute(kept).fetchall() == snapshot.execute(rate).fetchall()
