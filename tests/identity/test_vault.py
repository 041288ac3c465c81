"""The vault's schema, keys and the values that are carried by too many."""

import hmac
import uuid

import polars as pl
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from connectors.postgres import Databases
from identity import shared
from identity.blocks import pairs
from identity.keys import ProjectKey, VaultKeys, blind_keys, digests, participant_key
from identity.model import shipped
from identity.split import split
from identity.tables import SCHEMA, metadata
from identity.vault import Vault
from schemas.errors import SettingsError
from tests.identity.feeds import PEER, rows


def test_migrations_give_the_declared_tables(vault: Vault) -> None:
    vault.migrate()
    with vault.engine.connect() as connection:
        options = {"include_schemas": True, "version_table_schema": SCHEMA, "compare_server_default": True,
                   "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA}  # fmt: skip
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_another_key_is_refused_at_the_door_and_the_right_one_is_not(vault: Vault, fresh_databases: Databases) -> None:
    other = Vault(fresh_databases.vault, VaultKeys.from_master(bytes(range(1, 33))))
    with pytest.raises(SettingsError, match="another master key"):
        other.migrate()
    vault.migrate()
    with vault.engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE vault.seal"))
    split(vault, PEER, 1, rows(PEER, {}))
    with pytest.raises(SettingsError, match="another master key"):
        other.migrate()
    other.close()


def test_every_table_and_column_says_what_it_is() -> None:
    assert all(table.comment and all(column.comment for column in table.columns) for table in metadata.tables.values())


@given(st.lists(st.text(max_size=70), min_size=1, max_size=8))
def test_digests_are_the_standard_cmac(texts: list[str]) -> None:
    key = b"k" * 32
    for text, found in zip(texts, digests(key, "label", pl.Series(texts)), strict=True):
        reference = CMAC(AES(hmac.digest(key, b"label", "sha256")))
        reference.update(text.encode())
        assert found.tobytes() == reference.finalize()


def test_blind_keys_never_change() -> None:
    texts = pl.Series(["C1\x1e1", ""])
    assert blind_keys(bytes(range(16)), "feed", texts).tolist() == PINNED
    assert blind_keys(bytes(range(16)), "other", texts).tolist() != PINNED


PINNED = [7090314940353612038, 4116864481643026991]
"""A change of these would give every record another source key."""


def test_a_participant_key_is_made_of_project_version_and_person() -> None:
    person = uuid.UUID(int=7)
    keys = {
        participant_key(ProjectKey("a", 1, b"k" * 32), person),
        participant_key(ProjectKey("b", 1, b"k" * 32), person),
        participant_key(ProjectKey("a", 2, b"k" * 32), person),
        participant_key(ProjectKey("a", 1, b"l" * 32), person),
        person,
    }
    assert len(keys) == 5


def test_levels_of_the_model_are_shares_of_all_pairs() -> None:
    for levels in shipped().comparisons.values():
        # A name of which one part is written has its own chances: shares of the pairs that are so.
        always = [level.m for name, level in levels.items() if "alone" not in name]
        assert abs(sum(always) - 1) < 0.02
        assert list(levels)[-1] == "other"


def judged(kind: int, births: int, names: int, people: int, records: int) -> list[int]:
    """Which values are shared where people of so many births and names carry value 5, in an agency of that size."""
    rows = [(i, "court", f"{i % names + 1}", f"{i % births + 1}") for i in range(people)]
    rows += [(i, "court", "other", "other") for i in range(people, records)]
    standard = pl.DataFrame(rows, schema=["identity_id", "agency", "full_name", "birth_date"], orient="row")
    standard = standard.with_columns(vouched=pl.lit(None, pl.String))
    numbers = standard.select("identity_id", number_id="identity_id")
    values = numbers.head(people).select("identity_id", block_key=pl.lit(5), kind=pl.lit(kind)).cast(shared.VALUES)
    found = shared.judge(values, shared.SHARED.to_frame(), shared.Everybody(standard, numbers, values))
    return found.shared["block_key"].to_list()


def test_an_id_of_four_birth_dates_and_names_is_no_id() -> None:
    assert judged(1, 4, 4, 4, 1000) == [5]
    assert judged(1, 3, 4, 12, 1000) == []
    assert judged(1, 1, 1, 61, 100_000) == [5]


def test_a_name_is_a_placeholder_only_where_many_of_an_agency_carry_it() -> None:
    assert judged(0, 50, 1, 61, 6000) == [5]
    assert judged(0, 50, 1, 61, 60_000) == []
    assert judged(0, 50, 1, 60, 100) == []


def test_pairs_meet_once_and_never_themselves() -> None:
    blocks = pl.DataFrame({"identity_id": [1, 2, 1, 2, 3], "block_key": [7, 7, 8, 8, 8]})
    assert sorted(pairs(blocks, pl.Series([1])).rows()) == [(1, 2), (1, 3)]


def test_the_vault_is_for_identity_alone(vault: Vault) -> None:
    with vault.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT current_user")) == "throughcare_identity"
