"""The queue and its questions, on linked records."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from identity.case import Case, open_case
from identity.decisions import decide, undo
from identity.drawing import question
from identity.keys import ProjectKey
from identity.review import Item, queue
from identity.vault import Vault
from tests.identity.doubt import perhaps
from tests.identity.feeds import COURT, PROBATION
from tests.identity.town import Town

ANN = {"full_name": "THORVALDSEN, ANN", "birth_date": "1980-02-03", "sex": "F"}
BO = {"full_name": "MBEKI, BO", "birth_date": "1991-12-24", "sex": "M"}


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Iterator[Town]:
    town = Town(vault, project)
    town.deliver(COURT, {"Number": "1", **ANN}, {"Number": "1", **ANN, "zip": "60601"}, {"Number": "2", **BO})
    town.deliver(PROBATION, {"Number": "7", **perhaps("Ann", "Thorvaldsen", "1980-02-03", "F")})
    town.link()
    yield town


def opened(vault: Vault, item: Item) -> Case:
    case = open_case(vault, item, "kim")
    assert case is not None
    return case


def audited(vault: Vault) -> list[tuple[str, str, int]]:
    with vault.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT actor, action, cardinality(identities) FROM vault.audit ORDER BY audit_id")
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_a_doubtful_pair_is_a_question_and_a_clear_one_is_none(town: Town) -> None:
    assert town.who(1)[0] != town.who(2)[0]
    (item,) = queue(town.vault)
    assert item.kind == "join"
    assert 0.05 <= item.probability < 1
    assert item.subjects == 1
    participants = item.to_json(town.project)["participants"]
    assert set(participants) == {town.who(1)[0], town.who(2)[0]}


def test_what_is_listed_holds_no_identifier(town: Town) -> None:
    said = str([item.to_json(town.project) for item in queue(town.vault)]).casefold()
    assert not [word for word in ("thorvaldsen", "1980-", "60601") if word in said]


def test_a_question_shows_both_sides_and_the_weight_of_the_pair(town: Town) -> None:
    (item,) = queue(town.vault)
    case = opened(town.vault, item)
    agencies = {case.left[0].agency, case.right[0].agency}
    assert agencies == {"court", "probation"}
    assert {len(case.left), len(case.right)} == {1, 2}
    assert sum(step.bits for step in case.steps) == pytest.approx(case.weight)
    assert 1 / (1 + 2**-case.weight) == pytest.approx(item.probability, abs=0.01)
    assert case.consequence.joined == (2,)
    assert (case.consequence.records, case.consequence.agencies) == (3, 2)


def test_every_viewing_is_audited_with_the_records_that_are_shown(town: Town) -> None:
    (item,) = queue(town.vault)
    opened(town.vault, item)
    opened(town.vault, item)
    assert audited(town.vault) == [("kim", "view", 3), ("kim", "view", 3)]


@pytest.mark.parametrize("together", [True, False])
def test_a_decision_answers_the_question_and_undoing_asks_it_again(town: Town, together: bool) -> None:
    (item,) = queue(town.vault)
    number = decide(town.vault, *opened(town.vault, item).pair, together, "kim", "photograph")
    assert queue(town.vault) == []
    undo(town.vault, number, "kim", "wrong key")
    assert queue(town.vault) == [item]


def test_a_decision_binds_in_the_next_link_and_undoing_restores_the_partition(town: Town) -> None:
    (item,) = queue(town.vault)
    before = town.partition()
    number = decide(town.vault, *opened(town.vault, item).pair, True, "kim", "photograph")
    town.link()
    assert len(set(town.who(1)[:2] + town.who(2))) == 1
    assert queue(town.vault) == []
    undo(town.vault, number, "kim", "wrong key")
    town.link()
    assert town.partition() == before
    assert [again.kind for again in queue(town.vault)] == ["join"]


def test_what_was_joined_can_be_parted_and_stays_parted(town: Town) -> None:
    with town.vault.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE vault.membership SET probability = .6 WHERE subject_id = (SELECT max(subject_id) "
                    "FROM vault.membership JOIN vault.record ON identity_id = subject_id AND person_id = :person)"),
            {"person": person_of(town, 1)},
        )  # fmt: skip
    item = next(item for item in queue(town.vault) if item.kind == "part")
    case = opened(town.vault, item)
    assert case.consequence.parted == ((1, 1),)
    decide(town.vault, *case.pair, False, "kim", "photograph")
    town.link()
    assert town.who(1)[0] != town.who(1)[1]
    town.deliver(COURT, {"Number": "1", **ANN, "zip": "60602"})
    town.link()
    assert town.who(1)[0] != town.who(1)[1]


def test_a_person_held_by_a_number_against_a_rule_is_suspect(town: Town) -> None:
    with town.vault.engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO vault.edge (left_id, right_id, weight, vetoed, contradicts) "
                    "SELECT min(subject_id), max(subject_id), 1, true, false FROM vault.membership "
                    "JOIN vault.record ON identity_id = subject_id WHERE person_id = :person"),
            {"person": person_of(town, 1)},
        )  # fmt: skip
    item = next(item for item in queue(town.vault) if item.kind == "part")
    assert (item.vetoed, item.records, item.left_id < item.right_id) == (True, 2, True)
    assert opened(town.vault, item).consequence.parted == ((1, 1),)


def person_of(town: Town, extract: int) -> uuid.UUID:
    with town.vault.engine.connect() as connection:
        found = connection.scalar(
            sa.text("SELECT person_id FROM vault.membership WHERE subject_id = :subject"),
            {"subject": town.subjects[extract][0]},
        )
    assert isinstance(found, uuid.UUID)
    return found


def test_a_question_whose_persons_have_changed_is_not_opened(town: Town) -> None:
    (item,) = queue(town.vault)
    with town.vault.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM vault.record WHERE identity_id = :id"), {"id": item.left_id})
    assert open_case(town.vault, item, "kim") is None
    assert audited(town.vault) == []


def test_control_characters_of_a_record_do_not_reach_the_terminal(town: Town) -> None:
    from rich.console import Console

    (item,) = queue(town.vault)
    case = opened(town.vault, item)
    case.left[0].says["alias"] = ["\x1b[2Jcls‮evil"]  # type: ignore[index]
    console = Console(width=120, record=True, force_terminal=False)
    with console.capture() as captured:
        console.print(question(case, 1, 1))
    assert "?[2Jcls?evil" in captured.get()
    assert "\x1b[2J" not in captured.get()
