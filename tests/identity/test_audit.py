"""The audit trail: nothing in it can be changed, dropped, moved or cut off without showing."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from identity import audit
from identity.keys import VaultKeys
from identity.vault import Vault

ROWS = 4


@pytest.fixture
def trail(vault: Vault) -> Iterator[Vault]:
    """A vault with a trail of four rows, and the door open for who may lift its guard."""
    with vault.transaction() as cursor:
        for number in range(ROWS):
            persons, identities = [uuid.UUID(int=number)], [number, number + 1]
            audit.record(cursor, vault.keys, "kim", "view", persons=persons, identities=identities)
    yield vault


def tamper(vault: Vault, *statements: str) -> None:
    with vault.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE vault.audit DISABLE TRIGGER keep"))
        for statement in statements:
            connection.execute(sa.text(statement))


def put_back(vault: Vault, rows: int) -> None:
    """Trail and head as they were when it had so many rows."""
    with vault.engine.connect() as connection:
        old = connection.execute(sa.text("SELECT * FROM vault.audit ORDER BY 1")).all()[:rows]
    tamper(vault, f"DELETE FROM vault.audit WHERE audit_id > {rows - 1}", "DELETE FROM vault.audit_head")
    with vault.transaction() as cursor:
        audit.record(cursor, vault.keys, "kim", "view", persons=old[-1].persons, identities=old[-1].identities)


def test_a_trail_as_it_was_written_holds(trail: Vault) -> None:
    found = audit.verify(trail)
    assert (found.rows, found.problem) == (ROWS, "")
    assert audit.verify(trail, kept=(ROWS, found.digest)).problem == ""


def test_an_empty_trail_holds(vault: Vault) -> None:
    assert audit.verify(vault).problem == ""


@pytest.mark.parametrize(
    "change",
    ["actor = 'lee'", "action = 'undo'", "at = at + interval '1 second'", "identities = '{5}'", "persons = '{}'",
     "digest = sha256(digest)"],
)  # fmt: skip
def test_an_edited_row_shows(trail: Vault, change: str) -> None:
    tamper(trail, f"UPDATE vault.audit SET {change} WHERE audit_id = 2")
    assert audit.verify(trail).problem == "row 2 is not as it was written"


def test_a_dropped_row_shows(trail: Vault) -> None:
    tamper(trail, "DELETE FROM vault.audit WHERE audit_id = 2")
    assert audit.verify(trail).problem == "row 2 is missing"


def test_a_dropped_row_shows_where_the_rest_close_ranks(trail: Vault) -> None:
    tamper(
        trail,
        "DELETE FROM vault.audit WHERE audit_id = 2",
        "UPDATE vault.audit SET audit_id = audit_id - 1 WHERE audit_id = 3",
        "UPDATE vault.audit SET audit_id = audit_id - 1 WHERE audit_id = 4",
    )
    assert audit.verify(trail).problem == "row 2 is not as it was written"


def test_reordered_rows_show(trail: Vault) -> None:
    swap = "UPDATE vault.audit SET audit_id = {} WHERE audit_id = {}"
    tamper(trail, swap.format(9, 2), swap.format(2, 3), swap.format(3, 9))
    assert audit.verify(trail).problem == "row 2 is not as it was written"


@pytest.mark.parametrize("left", range(ROWS))
def test_a_truncated_trail_shows(trail: Vault, left: int) -> None:
    tamper(trail, f"DELETE FROM vault.audit WHERE audit_id > {left}")
    assert audit.verify(trail).problem == f"rows from {left + 1} on are missing"


def test_a_head_that_was_set_to_a_truncated_trail_shows(trail: Vault) -> None:
    tamper(
        trail,
        "DELETE FROM vault.audit WHERE audit_id > 2",
        "UPDATE vault.audit_head SET rows = 2, digest = (SELECT digest FROM vault.audit WHERE audit_id = 2)",
    )
    assert audit.verify(trail).problem == "the head is not as it was written"
    tamper(trail, "DELETE FROM vault.audit_head")
    assert audit.verify(trail).problem == "the head is missing"


def test_a_trail_put_back_with_its_head_shows_to_whoever_kept_a_copy(trail: Vault) -> None:
    before = audit.verify(trail)
    put_back(trail, 2)
    assert audit.verify(trail).problem == ""
    assert audit.verify(trail, kept=(before.rows, before.digest)).problem == "rows from 3 on are missing"
    with trail.transaction() as cursor:
        for _ in range(2):
            audit.record(cursor, trail.keys, "kim", "view")
    kept = (before.rows, before.digest)
    assert audit.verify(trail, kept=kept).problem == "row 4 is not the one that was kept elsewhere"


def test_a_row_forged_under_another_key_shows(trail: Vault) -> None:
    with trail.transaction() as cursor:
        audit.record(cursor, VaultKeys.from_master(b"x" * 32), "kim", "view")
    assert audit.verify(trail).problem == "row 5 is not as it was written"


def test_rows_are_only_added(trail: Vault) -> None:
    for statement in ("UPDATE vault.audit SET actor = ''", "DELETE FROM vault.audit", "TRUNCATE vault.audit"):
        with pytest.raises(sa.exc.DBAPIError, match="never changed"), trail.engine.begin() as connection:
            connection.execute(sa.text(statement))


def test_an_action_without_a_name_is_not_recorded(trail: Vault) -> None:
    with pytest.raises(ValueError, match="one of"), trail.transaction() as cursor:
        audit.record(cursor, trail.keys, "kim", "hum")
