from pathlib import Path

import polars as pl
import pytest

from tests.spec.drawn import table
from tests.spec.outcomes.cases import CHAPTERS
from tests.spec.outcomes.document import document
from tests.spec.outcomes.drawing import Case, run
from warehouse.outcomes.definitions import CAUSES, FLAGS, OUTCOMES, VALUES, WINDOWS

CASES = [case for cases in CHAPTERS.values() for case in cases]


def shown(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("case", CASES, ids=[case.holds for case in CASES])
def test_the_drawn_table_holds(case: Case) -> None:
    outcome = run(case).outcome
    expected = table(case.expected)
    assert expected
    for row in expected:
        where = {name: row[name] for name in ("participant_key", "outcome") if name in row}
        found = outcome.filter(
            pl.col("window_months") == int(row["window_months"]),
            *(pl.col(name) == value for name, value in where.items()),
        )
        assert found.height == 1, where
        assert {name: shown(found[name][0]) for name in row} == row


@pytest.mark.parametrize("case", CASES, ids=[case.holds for case in CASES])
def test_every_person_has_one_row_per_outcome_and_window_in_known_words(case: Case) -> None:
    outcome = run(case).outcome
    assert outcome.select("participant_key", "outcome", "window_months").is_unique().all()
    assert outcome.height == outcome["participant_key"].n_unique() * len(OUTCOMES) * len(WINDOWS)
    assert set(outcome["value"]) <= set(VALUES)
    assert set(outcome["competing"].drop_nulls()) <= set(CAUSES)
    assert {flag for flags in outcome["flags"] for flag in flags.split()} <= set(FLAGS)
    assert ((outcome["value"] == "competing") == outcome["competing"].is_not_null()).all()


def test_the_flow_says_how_many_were_left_out_and_why() -> None:
    who_is_counted = CHAPTERS["Who is counted"][-1]
    flow = dict(run(who_is_counted).flow.select("what", "n").iter_rows())
    assert flow["supervision spans"] == 4
    assert flow["spans of an ambiguous subject, never counted"] == 1
    assert flow["spans that wait for a person, not counted yet"] == 1
    assert flow["participants whose first covered supervision start is the index"] == 2
    assert flow["observable for recharge within 6 months"] == 2


def test_the_document_shows_every_case() -> None:
    text = document()
    assert all(case.holds in text for case in CASES)


def test_the_page_in_docs_is_drawn_from_these_cases() -> None:
    page = Path(__file__).parents[3] / "docs" / "outcomes.md"
    assert page.read_text() == document(), "python -m tests.spec.outcomes.document > docs/outcomes.md"
