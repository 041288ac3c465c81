from pathlib import Path

import pytest
import sqlglot

from tests.spec.drawn import table
from tests.spec.measures.cases import CHAPTERS
from tests.spec.measures.document import document
from tests.spec.measures.drawing import EVERYTHING_COVERED, FIGURES, Case, loaded, run
from warehouse.measures.compute import measures
from warehouse.measures.figures import MEASURE, MEASURE_TABLE
from warehouse.measures.sections import SECTIONS, meanings
from warehouse.measures.view import MeasureView
from warehouse.measures.views import VIEWS

CASES = [case for cases in CHAPTERS.values() for case in cases]
KEYS = ("measure", "metric", "group_kind", "grp")


@pytest.mark.parametrize("case", CASES, ids=[case.holds for case in CASES])
def test_the_drawn_table_holds(case: Case) -> None:
    drawn = table(case.expected)
    expected, found = sorted(tuple(row.values()) for row in drawn), run(case)
    if case.view == FIGURES:
        keys = [place for place, name in enumerate(drawn[0]) if name in KEYS]
        named = {tuple(row[place] for place in keys) for row in expected}
        found = [row for row in found if tuple(row[place] for place in keys) in named]
    assert found == expected


@pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])
def test_a_view_has_the_columns_that_are_described_in_their_order(view: MeasureView) -> None:
    connection = loaded([], table(EVERYTHING_COVERED))
    found = [column[0] for column in connection.execute(f"FROM {view.name} LIMIT 0").description or []]
    assert found == [column.name for column in view.columns]


@pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])
def test_a_view_is_plain_enough_for_another_engine(view: MeasureView) -> None:
    assert sqlglot.parse_one(view.select("spark"), read="spark")


def test_figures_of_nobody_have_no_value() -> None:
    found = measures(loaded([], table(EVERYTHING_COVERED)))
    assert not found.is_empty()
    assert found["n"].sum() == 0
    assert found["value"].is_null().all()


def test_every_figure_has_a_section_and_a_meaning() -> None:
    told = {section.measure for section in SECTIONS}
    assert {measure for measure, _ in meanings()} == told
    case = CHAPTERS["Figures"][-2]
    found = measures(loaded(table(case.records), table(case.coverage)))
    assert set(found.select("measure", "metric").iter_rows()) <= set(meanings())
    assert found["measure"].unique(maintain_order=True).to_list() == [section.measure for section in SECTIONS]
    assert [column.name for column in MEASURE_TABLE.columns] == list(MEASURE)


def test_the_page_in_docs_is_drawn_from_these_cases() -> None:
    page = Path(__file__).parents[3] / "docs" / "measures.md"
    assert page.read_text() == document(), "python -m tests.spec.measures.document > docs/measures.md"
