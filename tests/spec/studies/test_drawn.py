"""Each drawn table of a study holds, on the engine that production runs."""

import pytest

from tests.spec.studies.cases import CHAPTERS
from tests.spec.studies.drawing import Drawn, agreeing, ran
from warehouse.study.tables import TABLES

DRAWN = [drawn for chapter in CHAPTERS.values() for drawn in chapter]


@pytest.mark.parametrize("drawn", DRAWN, ids=[drawn.holds for drawn in DRAWN])
def test_the_drawn_table_holds(drawn: Drawn) -> None:
    for expected, found in agreeing(drawn):
        assert len(found) == 1, expected


@pytest.mark.parametrize("drawn", [d for d in DRAWN if d.of == "risk_row"], ids=lambda drawn: drawn.holds)
def test_no_other_stretch_of_time_is_at_risk(drawn: Drawn) -> None:
    found = ran(drawn)["risk_row"]
    outcome = drawn.study.outcomes[0].name
    assert found.filter(outcome=outcome).height == len(agreeing(drawn))
    assert (found["start"] < found["stop"]).all()


def test_every_table_has_its_columns() -> None:
    tables = ran(DRAWN[1])
    assert {name: tables[name].columns for name in TABLES if name != "study_outcome"} == {
        name: schema.names() for name, schema in TABLES.items() if name != "study_outcome"
    }
