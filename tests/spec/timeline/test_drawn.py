from dataclasses import replace
from pathlib import Path

import pytest

from tests.spec.drawn import table
from tests.spec.timeline.cases import CHAPTERS
from tests.spec.timeline.document import document
from tests.spec.timeline.drawing import Case, run
from warehouse.timeline import episodes
from warehouse.timeline.ddl import CODES

CASES = [case for cases in CHAPTERS.values() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=[case.holds for case in CASES])
def test_the_drawn_table_holds(case: Case) -> None:
    expected = table(case.expected)
    assert run(case) == sorted(expected, key=lambda row: list(row.values()))


@pytest.mark.parametrize(("view", "column"), list(CODES), ids=[view for view, _ in CODES])
def test_every_word_of_the_vocabulary_is_drawn(view: str, column: str) -> None:
    drawn = {
        word
        for case in CASES
        if case.view == view
        for row in table(case.expected)
        for word in row.get(column, "").split()
    }
    assert set(CODES[view, column]) - drawn <= {"bridged"}
    assert drawn <= set(CODES[view, column])


def test_a_gap_is_bridged_where_its_kind_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """No kind bridges by default; whoever states days for one gets these and no more."""
    case = Case(
        "Custody bridges three days",
        """
        what        | date       | end
        custody     | 2020-01-01 | 2020-02-01
        custody     | 2020-02-04 | 2020-03-01
        custody     | 2020-03-05 | 2020-04-01
        supervision | 2020-01-01 | 2020-02-01
        supervision | 2020-02-04 | 2020-03-01
        """,
        """
        kind        | start_date | end_date   | how
        custody     | 2020-01-01 | 2020-03-01 | bridged
        custody     | 2020-03-05 | 2020-04-01 |
        supervision | 2020-01-01 | 2020-02-01 |
        supervision | 2020-02-04 | 2020-03-01 |
        """,
    )
    monkeypatch.setattr(episodes, "BRIDGED_DAYS", {**episodes.BRIDGED_DAYS, "custody": 3})
    assert run(case) == table(case.expected)


@pytest.mark.parametrize("case", CASES[:3], ids=[case.holds for case in CASES[:3]])
def test_the_order_of_the_records_changes_nothing(case: Case) -> None:
    lines = case.records.strip().splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:])])
    assert run(replace(case, records=turned)) == run(case)


def test_the_page_in_docs_is_drawn_from_these_cases() -> None:
    page = Path(__file__).parents[3] / "docs" / "timelines.md"
    assert page.read_text() == document(), "python -m tests.spec.timeline.document > docs/timelines.md"
