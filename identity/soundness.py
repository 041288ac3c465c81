"""Whether the vault still holds what was written into it: every blob opens, every page can be read."""

from typing import Final

import numpy as np
import polars as pl

from identity import opened
from identity.boundary import sealed
from identity.transfer import fetch
from identity.vault import Vault
from schemas.errors import StoreError

_PAGE: Final = 250_000
_NAMES: Final = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'vault' ORDER BY 1"


def faults(vault: Vault) -> list[str]:
    """What is wrong, in words without a value: tables that cannot be read, records that do not open."""
    unreadable = [f"table {name} cannot be read" for name in _names(vault) if not _is_sound(vault, name)]
    return unreadable or ([] if _opens(vault) else ["records do not open"])


@sealed
def _names(vault: Vault) -> list[str]:
    with vault.transaction() as cursor:
        cursor.execute(_NAMES)
        return [str(row[0]) for row in cursor.fetchall()]


def _is_sound(vault: Vault, name: str) -> bool:
    try:
        _read(vault, name)
    except StoreError:
        return False
    return True


@sealed
def _read(vault: Vault, name: str) -> None:
    with vault.transaction() as cursor:
        cursor.execute(f"SELECT sum(length(told::text)) FROM {name} AS told")


def _opens(vault: Vault) -> bool:
    try:
        _open_all(vault)
    except StoreError:
        return False
    return True


@sealed
def _open_all(vault: Vault) -> None:
    """Decrypt every record, a page at a time; AES-GCM tells what was changed."""
    with vault.transaction() as cursor:
        found = fetch(cursor, "SELECT identity_id FROM record", ("identity_id",))["identity_id"]
        for start in range(0, len(found), _PAGE):
            opened.read(cursor, vault.keys, pl.Series(found[start : start + _PAGE].astype(np.int64)))
