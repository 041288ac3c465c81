"""Records come out of the vault as they went in, however many at once."""

import polars as pl
import pytest

from identity import opened
from identity.keys import ProjectKey
from identity.vault import Vault
from tests.identity.feeds import COURT, PROBATION
from tests.identity.town import Town

LONG = "Wolfeschlegelsteinhausenbergerdorff-Hohenzollern"


@pytest.fixture
def town(vault: Vault, project: ProjectKey) -> Town:
    return Town(vault, project)


def read(town: Town) -> pl.DataFrame:
    """All records as columns, in the order of their surnames and names."""
    ids = pl.Series([subject for subjects in town.subjects.values() for subject in subjects], dtype=pl.Int64)
    with town.vault.transaction() as cursor:
        return opened.columns(opened.read(cursor, town.vault.keys, ids))


def test_fields_of_any_width_and_agency_come_back(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "_CHUNK", 2)
    town.deliver(COURT, {"Number": "1", "full_name": "MBEKI, BO", "zip": "60601"}, {"Number": "2", "full_name": LONG})
    town.deliver(PROBATION, {"Number": "1", "given_name": "José", "surname": "Ñúñez", "alias": "Pepe, Núñez"})
    found = read(town).sort("agency", "zip", nulls_last=True)
    assert found["agency"].to_list() == ["court", "court", "probation"]
    assert found["full_name"].to_list() == ["MBEKI, BO", LONG, None]
    assert found["zip"].to_list() == ["60601", None, None]
    assert found.row(2, named=True)["surname"] == "Ñúñez"
    assert found["alias_0"].to_list() == [None, None, "Pepe, Núñez"]
    assert found["ssn"].null_count() == 3


def test_a_name_that_looks_like_a_field_stays_a_name(town: Town) -> None:
    town.deliver(COURT, {"Number": "1", "full_name": "zip=60601", "address": "1 Elm St"})
    found = read(town).row(0, named=True)
    assert (found["full_name"], found["zip"], found["address"]) == ("zip=60601", None, "1 Elm St")


def test_what_was_erased_is_left_out(town: Town) -> None:
    extract = town.deliver(COURT, {"Number": "1", "full_name": "MBEKI, BO"})
    town.vault.discard(extract)
    assert read(town).is_empty()
