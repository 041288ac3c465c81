"""The bench of linkage measures what a vault's linker does, and the size of a file says little."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest

from bench.linkage.measure import agreement
from bench.linkage.people import population
from bench.linkage.sets import NAMED, Truth, asked
from connectors.postgres import Databases
from identity.inmemory import Clock, link
from identity.keys import ProjectKey, VaultKeys
from identity.model import shipped
from identity.standardise import standardise_columns
from identity.vault import Vault
from schemas.codes import Identifier
from tests.identity.feeds import known_by
from tests.identity.town import Town

FIELDS: tuple[Identifier, ...] = (
    "given_name", "middle_name", "surname", "suffix", "alias", "birth_date", "sex", "ssn_last4", "state_id", "address",
    "zip", "phone", "email",
)  # fmt: skip
MASTER = bytes(range(32))


@pytest.fixture
def town(fresh_databases: Databases) -> Iterator[Town]:
    vault = Vault(fresh_databases.vault, VaultKeys.from_master(MASTER))
    vault.migrate()
    yield Town(vault, ProjectKey.from_master(MASTER, "bench"))
    vault.close()


def grouped(records: pl.DataFrame, registers: tuple[str, ...] = ()) -> pl.Series:
    """The group of each record, as the bench finds it."""
    rows = records.rename({"alias": "alias_0"}).with_row_index("identity_id")
    standard = standardise_columns(rows.with_columns(pl.col("identity_id").cast(pl.Int64)))
    register = Truth(records, registers=registers).register(standard)
    return link(standard, shipped(), Clock(), register).grouped.sort("identity_id")["group"]


@pytest.mark.parametrize("registers", [(), ("probation", "peer")])
def test_a_vault_links_as_the_bench_does(town: Town, registers: tuple[str, ...]) -> None:
    records, _ = population(900, seed=5)
    records = records.unique(["person", "agency"], keep="first", maintain_order=True).sort("agency")
    extracts = []
    for part in records.partition_by("agency", maintain_order=True):
        agency = part["agency"][0]
        feed = replace(known_by(agency, *FIELDS), register=agency in registers)
        rows = ({"Number": str(place), **row} for place, row in enumerate(part.select(FIELDS).iter_rows(named=True)))
        extracts.append(town.deliver(feed, *rows))
    town.link()
    ours = pl.Series([key for extract in extracts for key in town.who(extract)])
    found = agreement(ours.rank("dense").cast(pl.Int64), grouped(records, registers))
    assert (found.false, found.missed) == (0, 0)
    assert ours.n_unique() < len(records)


def test_files_of_forty_rows_link_as_well_as_among_twelve_thousand() -> None:
    records, _ = population(12_000, seed=6)
    everybody = records.with_columns(group=grouped(records)).sort("person")
    files = list(everybody.head(1_600).iter_slices(40))
    alone = pl.concat([grouped(file.drop("group")) + 1_000 * place for place, file in enumerate(files)])
    among = pl.concat([file["group"] + 1_000_000 * place for place, file in enumerate(files)])
    person = pl.concat([file["person"] + 1_000_000 * place for place, file in enumerate(files)])
    small, large = agreement(person, alone).f1, agreement(person, among).f1
    assert min(small, large) > 0.99
    assert abs(small - large) <= 0.005


def test_febrl_stands_for_its_five_sets_and_no_set_is_measured_twice() -> None:
    assert asked("febrl,city,febrl3") == NAMED[:6]
