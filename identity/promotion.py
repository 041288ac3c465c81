"""Which linkage model a vault is linked by: candidates, the promoted one, and those it replaced.

A model's content holds names with their frequencies and no record; it is the vault's all the same, since a
rare name of one jurisdiction says more than a name.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from psycopg.types.json import Json

from identity import audit
from identity import model as models
from identity.boundary import sealed
from identity.model import Model
from identity.tables import metadata
from identity.vault import Vault
from schemas.errors import ThroughcareError

STATES: Final = ("candidate", "promoted", "retired")

# JSON and not JSONB, which would not keep the order of a comparison's levels.
model_table = sa.Table(
    "model", metadata,
    sa.Column("version", sa.Text, primary_key=True, comment="Name of the model, unique for ever"),
    sa.Column("content", sa.JSON, nullable=False, comment="Prior, parameters, frequencies: identity/model.json's form"),
    sa.Column("state", sa.Text, nullable=False, comment="candidate until promoted, retired once another is"),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), comment="When"),
    sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True, comment="When it was last promoted"),
    sa.Column("promoted_by", sa.Text, nullable=True, comment="Who last promoted it"),
    sa.Column("reason", sa.Text, nullable=True, comment="Why, in the words of who promoted it"),
    sa.Column("report", sa.JSON, nullable=False, comment="How it was trained and what it would change: counts only"),
    sa.CheckConstraint("state IN ('candidate', 'promoted', 'retired')", name="state"),
    sa.Index("uq_model_promoted", "state", unique=True, postgresql_where=sa.text("state = 'promoted'")),
    comment="Linkage models: what was trained here, and the shipped ones that were promoted",
)  # fmt: skip


class NoSuchModel(ThroughcareError):
    """A model is asked for that the vault does not know, or promoted without a reason."""

    exit_code = 2


@dataclass(frozen=True)
class Standing:
    """A model as the vault knows it; ``reason`` and ``promoted_by`` are those of its last promotion."""

    version: str
    state: str
    made_at: dt.datetime | None
    promoted_at: dt.datetime | None
    promoted_by: str | None
    reason: str | None
    report: Mapping[str, Any]


def current(cursor: psycopg.Cursor) -> Model:
    """The model to link by: the promoted one, or the shipped one where none was ever promoted."""
    cursor.execute("SELECT content FROM model WHERE state = 'promoted'")
    found = cursor.fetchone()
    return models.shipped() if found is None else models.parse(found[0])


def keep(cursor: psycopg.Cursor, candidate: Model, report: Mapping[str, Any]) -> None:
    """Enter a candidate with its training report; the version must be new."""
    cursor.execute(
        "INSERT INTO model (version, content, state, report) VALUES (%s, %s, 'candidate', %s)",
        (candidate.version, Json(candidate.content), Json(dict(report))),
    )


def named(cursor: psycopg.Cursor, version: str) -> Model:
    """A model of the vault by its version, or the shipped one; `NoSuchModel` where there is none of that name."""
    cursor.execute("SELECT content FROM model WHERE version = %s", (version,))
    found = cursor.fetchone()
    if found is not None:
        return models.parse(found[0])
    if version == models.shipped().version:
        return models.shipped()
    raise NoSuchModel("no model of that version: `throughcare link status` lists them")


@sealed
def adopt(vault: Vault, version: str, who: str, reason: str) -> Standing:
    """Link by this model from the next batch on, which relinks all that is there; the one before is retired.

    Going back to an earlier model, the shipped one too, is the same call. Repeating it changes nothing.
    `NoSuchModel` where there is no such model or no reason.
    """
    if not reason.strip():
        raise NoSuchModel("say why the model is promoted")
    with vault.transaction() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vault model'))")
        chosen = named(cursor, version)
        if current(cursor).version != version:
            _promote(cursor, chosen, who, reason)
            audit.record(cursor, vault.keys, who, "promote")
        return next(one for one in _standings(cursor) if one.version == version)


@sealed
def standings(vault: Vault) -> tuple[Standing, ...]:
    """Every model that the vault knows, the newest first, the shipped one too."""
    with vault.transaction() as cursor:
        return tuple(_standings(cursor))


def _promote(cursor: psycopg.Cursor, chosen: Model, who: str, reason: str) -> None:
    # The model that linked what is there stays to go back to, also once another one ships.
    before = current(cursor)
    cursor.execute(
        "INSERT INTO model (version, content, state, report) VALUES (%s, %s, 'retired', %s) ON CONFLICT DO NOTHING",
        (before.version, Json(before.content), Json({"source": "shipped"})),
    )
    cursor.execute("UPDATE model SET state = 'retired' WHERE state = 'promoted'")
    cursor.execute(
        "INSERT INTO model (version, content, state, report, promoted_at, promoted_by, reason) "
        "VALUES (%s, %s, 'promoted', %s, now(), %s, %s) ON CONFLICT (version) DO UPDATE SET state = 'promoted', "
        "promoted_at = now(), promoted_by = excluded.promoted_by, reason = excluded.reason",
        (chosen.version, Json(chosen.content), Json({"source": "shipped"}), who, reason),
    )


def _standings(cursor: psycopg.Cursor) -> list[Standing]:
    cursor.execute(
        "SELECT version, state, made_at, promoted_at, promoted_by, reason, report FROM model "
        "ORDER BY made_at DESC, version DESC"
    )
    found = [Standing(*row) for row in cursor.fetchall()]
    shipped = models.shipped().version
    if all(one.version != shipped for one in found):
        state = "candidate" if any(one.state == "promoted" for one in found) else "promoted"
        found.append(Standing(shipped, state, None, None, None, None, {"source": "shipped"}))
    return found
