"""A candidate model out of the vault, and what a relink under it would change; nothing is linked by it yet."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from identity import promotion, registers, rehearsal, review
from identity.boundary import sealed
from identity.linkstore import LinkStore
from identity.model import Model
from identity.rehearsal import BEFORE, Records, Scorer
from identity.training import train
from identity.vault import Vault

Say = Callable[[str], None]

MOST_QUESTIONS = 1_000
"""So many questions of review are counted at most."""


@dataclass(frozen=True)
class Candidate:
    """A candidate that the vault keeps; ``report``: ``training`` and ``changes``, counts and parameters only."""

    version: str
    report: dict[str, Any]


@sealed
def retrain(vault: Vault, say: Say, *, force: bool = False, seed: int = 1, scorer: Scorer | None = None) -> Candidate:
    """Train on the linked identities, rehearse a relink under the candidate, and keep it with its report.

    ``say`` is told what goes on. `TooFew` where the identities are not enough. No linker waits while this runs:
    what is linked meanwhile is not in it.
    """
    say("reading the records")
    records, model = read(vault)
    say(f"training on {records.standard.height:,} identities")
    trained = train(records.usable(model), model, _next_version(vault), seed=seed, force=force)
    say("relinking in memory")
    report = {"training": trained.report, "changes": rehearse(records, trained.model, scorer)}
    with vault.transaction() as cursor:
        promotion.keep(cursor, trained.model, report)
    return Candidate(trained.model.version, report)


@sealed
def relink(vault: Vault, scorer: Scorer | None = None) -> dict[str, Any]:
    """What a full relink under the present model would change: nothing, unless something is wrong."""
    records, model = read(vault)
    return rehearse(records, model, scorer)


def rehearse(records: Records, model: Model, scorer: Scorer | None = None) -> dict[str, Any]:
    """`rehearsal.changes` of a relink under a model."""
    return rehearsal.changes(records, rehearsal.edges(records, model, scorer), model)


def read(vault: Vault) -> tuple[Records, Model]:
    """All linked identities in clear, in memory, and the model by which the vault is linked."""
    with vault.transaction() as cursor:
        store = LinkStore(cursor, vault.keys)
        identities = store.identities()
        before = store.members("subject_id", identities).select(identity_id="subject_id", person_id="person_id")
        records = Records(
            store.standard(identities), store.numbers(identities), before.cast(BEFORE), store.decided(identities),
            vault.keys.block, registers.held(cursor, identities, registers.declared(cursor)),
        )  # fmt: skip
        return records, promotion.current(cursor)


@dataclass(frozen=True)
class Status:
    """What links the vault: counts and versions; ``questions`` of review, up to `MOST_QUESTIONS`."""

    model: str
    linked_by: str | None
    batches: int
    pending_batches: int
    subjects: int
    persons: int
    questions: int
    pending_decisions: int
    models: tuple[promotion.Standing, ...]


@sealed
def status(vault: Vault) -> Status:
    """Which model links, which one linked last, and how much is linked."""
    standings, questions = promotion.standings(vault), review.queue(vault, MOST_QUESTIONS)
    with vault.transaction() as cursor:
        return Status(
            model=promotion.current(cursor).version,
            linked_by=_value(cursor, "SELECT model_version FROM batch ORDER BY batch_id DESC LIMIT 1"),
            batches=_value(cursor, "SELECT count(*) FROM batch"),
            pending_batches=_value(cursor, "SELECT count(*) FROM batch WHERE state = 'pending'"),
            subjects=_value(cursor, "SELECT count(*) FROM membership"),
            persons=_value(cursor, "SELECT count(*) FROM person WHERE retired_batch_id IS NULL"),
            questions=len(questions),
            pending_decisions=_value(
                cursor, "SELECT count(*) FROM decision WHERE undone_at IS NULL AND batch_id IS NULL"
            ),
            models=standings,
        )


def _value(cursor: psycopg.Cursor, query: str) -> Any:  # noqa: ANN401 - a count or a name
    cursor.execute(query)
    row = cursor.fetchone()
    return None if row is None else row[0]


def _next_version(vault: Vault) -> str:
    """The day and a running number: a candidate's name is never used again."""
    day = f"here.{dt.datetime.now(dt.UTC).date().isoformat()}"
    known = {one.version for one in promotion.standings(vault)}
    return next(name for number in range(1, len(known) + 2) if (name := f"{day}.{number}") not in known)
