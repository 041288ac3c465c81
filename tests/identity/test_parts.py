"""At stricter thresholds a number goes with its records, whichever batch it is stated in."""

from collections.abc import Iterator

import polars as pl
import pytest

from connectors.databases import Databases
from identity.keys import ProjectKey, VaultKeys
from identity.vault import Vault
from tests.identity.conftest import MASTER
from tests.identity.crowd import crowd
from tests.identity.feeds import PROBATION, known_by
from tests.identity.town import Town

VISITS = known_by("probation", name="visits")
PEOPLE = 150


@pytest.fixture
def other_vault(bare_databases: Databases) -> Iterator[Vault]:
    vault = Vault(bare_databases.vault, VaultKeys.from_master(MASTER))
    vault.migrate()
    yield vault
    vault.close()


def _deliver(town: Town, batches: int) -> None:
    """People with two records each under numbers of their own, then visits that name the number only."""
    said = crowd(PEOPLE)[0].select("birth_date", "sex", given_name="given", surname="surname", ssn_last4="ssn4")
    rows = [{"Number": str(number), **row} for number, row in enumerate(said.iter_rows(named=True))]
    town.deliver(PROBATION, *rows)
    if batches > 1:
        town.link()
    town.deliver(VISITS, *({"Number": row["Number"]} for row in rows))
    town.link()


def _strict(town: Town) -> set[tuple[int, frozenset[tuple[int, int]]]]:
    """Percent, and the rows (extract, place) of each part that stands apart from its person."""
    with town.vault.transaction() as cursor:
        cursor.execute("SELECT subject_id, percent, lead FROM strict")
        found = pl.DataFrame(cursor.fetchall(), schema=["subject_id", "percent", "lead"], orient="row")
    placed = [(extract, place, subject) for extract, ids in town.subjects.items() for place, subject in enumerate(ids)]
    rows = pl.DataFrame(placed, schema=["extract", "place", "subject_id"], orient="row")
    parts = found.join(rows, on="subject_id").group_by("percent", "lead").agg(pl.struct("extract", "place"))
    return {
        (percent, frozenset((row["extract"], row["place"]) for row in members))
        for percent, _, members in parts.iter_rows()
    }


def test_a_number_that_is_only_sighted_stays_with_its_strict_part(
    vault: Vault, other_vault: Vault, project: ProjectKey
) -> None:
    once, twice = Town(vault, project), Town(other_vault, project)
    _deliver(once, 1)
    _deliver(twice, 2)
    expected = _strict(once)
    assert any(extract == 2 for _, part in expected for extract, _ in part)
    assert _strict(twice) == expected
    twice.deliver(VISITS, {"Number": "0"}, {"Number": "1"})
    twice.deliver(VISITS, *({"Number": str(number)} for number in range(2 * PEOPLE)))
    twice.link()
    assert {(percent, frozenset(row for row in part if row[0] < 3)) for percent, part in _strict(twice)} == expected
