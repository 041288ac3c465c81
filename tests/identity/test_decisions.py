"""Decisions of reviewers: consistent, reversible, taken in once, and about living records only."""

from collections.abc import Iterator

import polars as pl
import pytest
import sqlalchemy as sa

from identity import decisions
from identity.audit import verify
from identity.decisions import DecisionRefused, decide, undo
from identity.keys import ProjectKey
from identity.vault import Vault
from tests.identity.feeds import COURT
from tests.identity.town import Town

SURNAMES = ("Abara", "Brandt", "Castellanos", "Dimitrov", "Eskelinen")


@pytest.fixture
def people(vault: Vault, project: ProjectKey) -> Iterator[list[int]]:
    """Five linked identities that have nothing in common, in the order of their ids."""
    town = Town(vault, project)
    town.deliver(
        COURT,
        *(
            {"Number": f"{i}", "full_name": f"{name}, Person{name}", "birth_date": f"19{50 + 9 * i}-0{i + 1}-1{i}"}
            for i, name in enumerate(SURNAMES)
        ),
    )
    town.link()
    with vault.engine.connect() as connection:
        ids = connection.scalars(sa.text("SELECT identity_id FROM vault.record ORDER BY 1")).all()
    assert len(ids) == len(SURNAMES)
    yield list(ids)


def in_force(vault: Vault, *identities: int) -> set[tuple[int, int, bool]]:
    with vault.transaction() as cursor:
        return set(decisions.active(cursor, pl.Series(identities, dtype=pl.Int64)).rows())


def waiting(vault: Vault) -> set[int]:
    with vault.transaction() as cursor:
        return set(decisions.pending(cursor).to_list())


def taken(vault: Vault, batch_id: int) -> None:
    with vault.transaction() as cursor:
        decisions.pending(cursor)
        decisions.take(cursor, batch_id)


def test_what_a_decision_ties_together_comes_with_it(vault: Vault, people: list[int]) -> None:
    a, b, c, d, e = people
    decide(vault, b, a, True, "kim", "same booking photo")
    decide(vault, b, c, True, "kim", "same booking photo")
    decide(vault, c, d, False, "kim", "two people in one hearing")
    assert in_force(vault, a) == {(a, b, True), (b, c, True)}
    assert in_force(vault, a, d) == {(a, b, True), (b, c, True), (c, d, False)}
    assert in_force(vault, d) == set()
    assert in_force(vault, e) == set()


def test_what_follows_from_decisions_cannot_be_contradicted(vault: Vault, people: list[int]) -> None:
    a, b, c, d, e = people
    decide(vault, a, b, True, "kim", "x")
    decide(vault, b, c, True, "kim", "x")
    decide(vault, c, d, False, "kim", "x")
    with pytest.raises(DecisionRefused, match="one person already"):
        decide(vault, a, c, False, "kim", "x")
    with pytest.raises(DecisionRefused, match="keep them apart"):
        decide(vault, d, a, True, "kim", "x")
    decide(vault, d, e, True, "kim", "x")
    with pytest.raises(DecisionRefused, match="keep them apart"):
        decide(vault, e, b, True, "kim", "x")
    assert len(in_force(vault, *people)) == 4


def test_a_pair_has_one_decision_in_force(vault: Vault, people: list[int]) -> None:
    a, b = people[:2]
    first = decide(vault, a, b, True, "kim", "x")
    with pytest.raises(DecisionRefused, match=f"decision {first} says so"):
        decide(vault, b, a, True, "lee", "y")
    with pytest.raises(DecisionRefused, match=f"undo decision {first} first"):
        decide(vault, a, b, False, "lee", "y")
    undo(vault, first, "lee", "the photo was another's")
    decide(vault, a, b, False, "lee", "y")
    assert in_force(vault, a, b) == {(a, b, False)}


def test_an_undone_decision_no_longer_binds_and_is_undone_once(vault: Vault, people: list[int]) -> None:
    a, b, c = people[:3]
    bridge = decide(vault, a, b, True, "kim", "x")
    decide(vault, b, c, True, "kim", "x")
    undo(vault, bridge, "lee", "wrong file")
    assert in_force(vault, a) == set()
    with pytest.raises(DecisionRefused, match="not in force"):
        undo(vault, bridge, "lee", "wrong file")
    with pytest.raises(DecisionRefused, match="not in force"):
        undo(vault, 99, "lee", "wrong file")
    decide(vault, a, c, False, "lee", "x")


def test_a_batch_takes_decisions_and_undoings_in_once(vault: Vault, people: list[int]) -> None:
    a, b, c, d, _ = people
    first = decide(vault, a, b, True, "kim", "x")
    assert waiting(vault) == {a, b}
    taken(vault, 7)
    assert waiting(vault) == set()
    undo(vault, first, "kim", "x")
    never = decide(vault, c, d, False, "kim", "x")
    undo(vault, never, "kim", "x")
    assert waiting(vault) == {a, b}
    taken(vault, 8)
    assert waiting(vault) == set()


def test_decisions_about_erased_records_say_nothing(vault: Vault, people: list[int]) -> None:
    a, b, c = people[:3]
    decide(vault, a, b, True, "kim", "x")
    decide(vault, b, c, True, "kim", "x")
    with vault.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM vault.record WHERE identity_id = :id"), {"id": b})
    assert in_force(vault, *people) == set()
    assert waiting(vault) == set()
    taken(vault, 7)
    with pytest.raises(DecisionRefused, match="two records that are linked"):
        decide(vault, a, b, False, "kim", "x")
    decide(vault, a, c, False, "kim", "x")


def test_a_decision_has_two_records_a_reviewer_and_a_reason(vault: Vault, people: list[int]) -> None:
    a, b = people[:2]
    for left, right, reviewer, reason in ((a, a, "kim", "x"), (a, 5, "kim", "x"), (a, b, " ", "x"), (a, b, "kim", "")):
        with pytest.raises(DecisionRefused):
            decide(vault, left, right, True, reviewer, reason)
    assert in_force(vault, *people) == set()


def test_a_reason_that_repeats_a_record_is_refused_and_not_repeated(vault: Vault, people: list[int]) -> None:
    refused = []
    for name in SURNAMES:
        try:
            first = decide(vault, people[0], people[1], True, "kim", f"that is {name.upper()}!")
        except DecisionRefused as error:
            refused.append(name)
            assert name.upper() not in str(error).upper()
        else:
            with pytest.raises(DecisionRefused, match="the reason says"):
                undo(vault, first, "kim", f"no {refused[0] if refused else SURNAMES[1]}, after all")
            undo(vault, first, "kim", "no, after all")
    assert len(refused) == 2


def test_every_decision_and_every_undoing_is_audited(vault: Vault, people: list[int]) -> None:
    a, b = people[:2]
    undo(vault, decide(vault, a, b, True, "kim", "x"), "lee", "y")
    with vault.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT actor, action, identities, persons FROM vault.audit ORDER BY 1")
        ).all()
    assert [(row.actor, row.action, row.identities) for row in rows] == [
        ("kim", "decide", [a, b]), ("lee", "undo", [a, b]),
    ]  # fmt: skip
    assert all(len(row.persons) == 2 for row in rows)
    assert verify(vault).problem == ""
