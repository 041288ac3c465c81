"""What a partition rests on besides records and decisions: the model, sized to the vault, and what is a register.

Each batch keeps it. Where it changes, everything is linked anew: what is linked then hangs on the records that are
there, not on when they came.
"""

from dataclasses import dataclass

import psycopg

from identity import promotion, registers
from identity.model import Model


@dataclass(frozen=True)
class Basis:
    """``identities``: how many are linked in all; ``registers``: the namespaces that hold each person once, by name."""

    identities: int
    registers: tuple[str, ...]


def last(cursor: psycopg.Cursor) -> Basis | None:
    """The basis of the last batch; None where there is no batch, or it was made before this was kept."""
    cursor.execute("SELECT identities, registers FROM batch ORDER BY batch_id DESC LIMIT 1")
    found = cursor.fetchone()
    return None if found is None or found[0] is None else Basis(found[0], tuple(found[1]))


def keep(cursor: psycopg.Cursor, batch_id: int, basis: Basis) -> None:
    """Keep with a batch what it rests on."""
    cursor.execute(
        "UPDATE batch SET identities = %s, registers = %s WHERE batch_id = %s",
        (basis.identities, list(basis.registers), batch_id),
    )


def changes(cursor: psycopg.Cursor, before: Basis | None, now: Basis, model: Model) -> dict[str, bool]:
    """Why everything is to be linked anew: the prior goes a step down, or what is linked has become a register.

    A register of which nothing is linked yet is no reason, unless others are linked: who of those is left has to be
    found (`leftovers`). Nor is anything where nothing is linked at all.
    """
    if before is None:
        cursor.execute("SELECT EXISTS (SELECT FROM membership JOIN record ON identity_id = subject_id)")
        return {"size": cursor.fetchone() == (True,)}
    moved = set(before.registers) ^ set(now.registers)
    if moved and len(now.registers) > 1:
        moved |= set(now.registers)
    resized = before.identities > 0 and model.sized(before.identities).prior != model.sized(now.identities).prior
    return {"size": resized, "register": bool(moved) and registers.is_linked(cursor, moved)}


def model(cursor: psycopg.Cursor) -> Model:
    """The model as it weighs what is linked now."""
    found, current = last(cursor), promotion.current(cursor)
    return current if found is None else current.sized(found.identities)
