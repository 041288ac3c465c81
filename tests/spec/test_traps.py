"""Each planted trap has its right answer or its refusal, and the page names where."""

import re
from pathlib import Path

import pytest

from tests.spec.traps import TRAPS, Trap, document
from tests.warehouse.outcomes.test_scale import town
from warehouse.studies.supervision_outcomes import STUDY
from warehouse.study.run import run

ROOT = Path(__file__).parents[2]
UNSEEN = """
UPDATE span SET agency = 'elsewhere' WHERE kind = 'supervision' AND participant_key NOT IN (
    SELECT s.participant_key FROM span AS s JOIN event AS e USING (participant_key)
    WHERE e.kind = 'charge' AND (e.detail ->> '$.offence_date')::DATE BETWEEN s.start_date + 1 AND s.start_date + 180)
"""
COVERED = """
INSERT INTO coverage BY NAME
SELECT * REPLACE ('elsewhere' AS agency, DATE '2019-09-01' AS covered_until) FROM coverage
WHERE agency = 'probation' AND kind = 'supervision'
"""


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_what_answers_the_trap_is_drawn_or_tested(trap: Trap) -> None:
    drawn = "".join((ROOT / "docs" / name).read_text() for name in ("outcomes.md", "timelines.md"))
    assert trap.drawn or trap.tests
    for title in trap.drawn:
        assert f"**{title}**" in drawn
    for test in trap.tests:
        file, _, function = test.partition("::")
        assert re.search(rf"^def {function}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_the_page_in_docs_is_made_of_these_traps() -> None:
    assert (ROOT / "docs" / "traps.md").read_text() == document()


def test_that_those_who_return_could_be_followed_longer_is_said() -> None:
    connection = town(1_500)
    assert "follow_up_goes_with_outcome" not in set(run(connection, STUDY, persons=False)["study_warning"]["code"])
    connection.execute(UNSEEN)
    connection.execute(COVERED)
    warned = run(connection, STUDY, persons=False)["study_warning"].filter(outcome="recharge")
    assert "follow_up_goes_with_outcome" in set(warned["code"])
