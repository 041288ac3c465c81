"""Which model a vault is linked by, and the way back."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from identity.model import Model, parse, shipped
from identity.promotion import NoSuchModel, adopt, current, keep, standings
from identity.vault import Vault


def candidate(vault: Vault, version: str = "here.1") -> Model:
    made = replace(shipped(), version=version, rare_given=shipped().rare_given * 2)
    with vault.transaction() as cursor:
        keep(cursor, made, {"records": 60_000})
    return made


def linked_by(vault: Vault) -> Model:
    with vault.transaction() as cursor:
        return current(cursor)


def states(vault: Vault) -> dict[str, str]:
    return {one.version: one.state for one in standings(vault)}


def test_a_new_vault_is_linked_by_the_shipped_model(vault: Vault) -> None:
    assert linked_by(vault) == shipped()
    assert states(vault) == {shipped().version: "promoted"}


def test_a_candidate_changes_nothing_until_it_is_promoted(vault: Vault) -> None:
    made = candidate(vault)
    assert linked_by(vault) == shipped()
    promoted = adopt(vault, made.version, "ines", "fewer splits among double surnames")
    assert (promoted.state, promoted.promoted_by, promoted.reason) == (
        "promoted", "ines", "fewer splits among double surnames",
    )  # fmt: skip
    assert linked_by(vault) == made
    assert states(vault) == {made.version: "promoted", shipped().version: "retired"}


def test_a_model_comes_back_from_the_vault_with_its_levels_in_order(vault: Vault) -> None:
    made = candidate(vault)
    adopt(vault, made.version, "ines", "trial")
    found = linked_by(vault)
    assert [list(levels) for levels in found.comparisons.values()] == [
        list(levels) for levels in made.comparisons.values()
    ]
    assert parse(found.content) == found


def test_going_back_is_promoting_the_earlier_one(vault: Vault) -> None:
    first, second = candidate(vault), candidate(vault, "here.2")
    for version in (first.version, second.version, first.version):
        adopt(vault, version, "ines", "trial")
    assert linked_by(vault) == first
    adopt(vault, shipped().version, "ines", "as it came")
    assert linked_by(vault) == shipped()
    assert states(vault) == {"here.1": "retired", "here.2": "retired", shipped().version: "promoted"}


def test_promoting_the_present_model_again_keeps_who_promoted_it_and_why(vault: Vault) -> None:
    made = candidate(vault)
    before = adopt(vault, made.version, "ines", "trial")
    assert adopt(vault, made.version, "omar", "again") == before


def test_nothing_is_promoted_without_a_reason_or_under_an_unknown_name(vault: Vault) -> None:
    made = candidate(vault)
    with pytest.raises(NoSuchModel, match="say why"):
        adopt(vault, made.version, "ines", "  ")
    with pytest.raises(NoSuchModel, match="no model of that version"):
        adopt(vault, "there.1", "ines", "trial")
    assert linked_by(vault) == shipped()


def test_the_database_holds_one_promoted_model_at_most(vault: Vault) -> None:
    adopt(vault, candidate(vault).version, "ines", "trial")
    candidate(vault, "here.2")
    with pytest.raises(sa.exc.IntegrityError), vault.engine.begin() as connection:
        connection.execute(sa.text("UPDATE vault.model SET state = 'promoted'"))
