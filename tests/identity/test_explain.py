"""Why records are one person, without saying who."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from identity.audit import verify
from identity.decisions import decide, undo
from identity.explain import NoSuchParticipant, explain, identifiers
from identity.keys import ProjectKey
from identity.vault import Vault
from tests.identity.conftest import MASTER
from tests.identity.doubt import perhaps
from tests.identity.feeds import COURT, PEER, PROBATION
from tests.identity.town import Town

ANN = {"full_name": "THORVALDSEN, ANN", "birth_date": "1980-02-03", "sex": "F", "state_id": "CA0012345"}
ANN_ON_PROBATION = {"given_name": "Ann", "surname": "Thorvaldsen", "birth_date": "1980-02-03", "ssn_last4": "4321"}


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Iterator[Town]:
    town = Town(vault, project)
    town.deliver(COURT, {"Number": "1", **ANN}, {"Number": "1", **ANN, "zip": "60601"}, {"Number": "1"})
    town.deliver(PROBATION, {"Number": "7", **ANN_ON_PROBATION})
    town.deliver(PEER, {"Number": "9", **perhaps("Ann", "Thorvaldsen", "1980-02-03", "F")})
    town.link()
    yield town


def participant(town: Town, extract: int, place: int = 0) -> str:
    key = town.who(extract)[place]
    assert key is not None
    return key


def test_the_members_of_a_person_are_told_apart_by_labels(town: Town) -> None:
    found = explain(town.vault, town.project, participant(town, 1))
    records = [member for member in found.members if member.kind == "record"]
    assert [(m.label, m.agency, m.first_extract, m.row_number) for m in records] == [
        ("r1", "court", 1, 2), ("r2", "court", 1, 3), ("r3", "probation", 2, 2),
    ]  # fmt: skip
    assert found.numbers == {"n1": ("r1", "r2")}
    assert [(m.label, m.kind) for m in found.members if m.kind != "record"] == [("n1", "number")]
    assert "state_id" in records[0].fields
    assert found.status == "living"


def test_pairs_have_weights_and_the_steps_to_them(town: Town) -> None:
    found = explain(town.vault, town.project, participant(town, 1))
    assert {(edge.left, edge.right) if edge.left < edge.right else (edge.right, edge.left) for edge in found.edges} == {
        ("r1", "r2"), ("r1", "r3"), ("r2", "r3"),
    }  # fmt: skip
    for edge in found.edges:
        assert sum(bits for _, _, bits in edge.steps) == pytest.approx(edge.weight, abs=0.2)
        assert ("birth", "exact") in [step[:2] for step in edge.steps]


def test_what_was_not_joined_is_named_by_the_other_participant(town: Town) -> None:
    found = explain(town.vault, town.project, participant(town, 1))
    assert {edge.right for edge in found.neighbours} == {participant(town, 3)}
    assert all(edge.probability >= 0.05 for edge in found.neighbours)


def test_no_identifier_is_said(town: Town) -> None:
    keys = {participant(town, extract) for extract in (1, 3)}
    said = [json.dumps(explain(town.vault, town.project, key).to_json(), default=str) for key in keys]
    # Times and random ids are no identifiers, though they hold digits.
    assert not [word for word in ("thorvaldsen", "ann ", "60601", "1980-") if word in " ".join(said).casefold()]


def test_decisions_are_told_with_who_made_and_undid_them(town: Town) -> None:
    ids = {extract: town.subjects[extract][0] for extract in (2, 3)}
    assert ids[2] is not None and ids[3] is not None
    number = decide(town.vault, ids[2], ids[3], True, "kim", "photograph")
    undo(town.vault, number, "lee", "wrong key")
    (ruling,) = explain(town.vault, town.project, participant(town, 1)).decisions
    assert {ruling.left, ruling.right} == {"r3", participant(town, 3)}
    assert (ruling.reviewer, ruling.reason, ruling.undone_by, ruling.undo_reason) == (
        "kim", "photograph", "lee", "wrong key",
    )  # fmt: skip


def test_a_superseded_key_leads_to_the_living_one(town: Town) -> None:
    before = {extract: participant(town, extract) for extract in (2, 3)}
    ids = {extract: town.subjects[extract][0] for extract in (2, 3)}
    assert ids[2] is not None and ids[3] is not None
    decide(town.vault, ids[2], ids[3], True, "kim", "photograph")
    town.link()
    (gone,) = {before[2], before[3]} - {participant(town, 3)}
    old = explain(town.vault, town.project, gone)
    assert old.status == "retired"
    assert old.now == (participant(town, 3),)
    new = explain(town.vault, town.project, participant(town, 3))
    merges = [event for event in new.history if event.kind == "merge"]
    assert [(event.from_key, event.to_key) for event in merges] == [(gone, participant(town, 3))]
    assert all(event.model_version for event in new.history)
    assert [event.kind for event in new.history].count("made") == 2


def test_a_key_of_an_earlier_version_is_found(town: Town) -> None:
    old = participant(town, 1)
    newer = ProjectKey.from_master(MASTER, "test", version=2)
    assert explain(town.vault, newer, old).key_version == 1


@pytest.mark.parametrize("key", ["", "thorvaldsen", "00000000-0000-4000-8000-000000000000"])
def test_a_key_of_nobody_is_an_error_that_does_not_repeat_it(town: Town, key: str) -> None:
    with pytest.raises(NoSuchParticipant) as refused:
        explain(town.vault, town.project, key)
    assert not key or key not in str(refused.value)


def test_identifiers_are_audited_before_they_are_given_out(town: Town) -> None:
    shown = identifiers(town.vault, town.project, participant(town, 1), "kim")
    assert [label for label, _ in shown] == ["r1", "r2", "r3"]
    assert dict(shown)["r3"].says["ssn_last4"] == ["4321"]
    with town.vault.engine.connect() as connection:
        (row,) = connection.execute(sa.text("SELECT actor, action, identities FROM vault.audit")).all()
    assert (row.actor, row.action) == ("kim", "explain")
    assert set(row.identities) == {record.identity_id for _, record in shown}
    assert verify(town.vault).problem == ""
