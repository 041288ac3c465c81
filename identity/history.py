"""How a person's key came about: the batches in which persons merged into it, and in which members left it."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

import psycopg

from identity.keys import ProjectKey, participant_key


@dataclass(frozen=True)
class Moved:
    """One event. ``kind``: made, merge, split or retire; ``subjects`` went from one participant to the other."""

    batch_id: int
    made_at: dt.datetime
    kind: str
    from_key: str | None
    to_key: str | None
    subjects: int | None
    model_version: str
    reason: str | None


@dataclass(frozen=True)
class History:
    """``events`` of a person and of all that merged into it, by batch; ``now``: the living keys it was merged into."""

    events: tuple[Moved, ...]
    now: tuple[str, ...]


def history(cursor: psycopg.Cursor, person: uuid.UUID, project: ProjectKey) -> History:
    """What became of a person, and of what."""
    cursor.execute(_EVENTS, {"person": person})
    events = tuple(
        Moved(batch, at, kind, _key(project, before), _key(project, after), subjects, version, reason)
        for batch, at, kind, before, after, subjects, version, reason in cursor.fetchall()
    )
    cursor.execute(_NOW, {"person": person})
    return History(events, tuple(str(participant_key(project, row[0])) for row in cursor.fetchall()))


def _key(project: ProjectKey, person: uuid.UUID | None) -> str | None:
    return str(participant_key(project, person)) if person else None


_EVENTS: Final = """
WITH RECURSIVE forebears(person_id) AS (
    SELECT %(person)s::uuid
    UNION SELECT e.from_person_id FROM person_event AS e JOIN forebears AS f ON f.person_id = e.to_person_id
    WHERE e.kind = 'merge'
),
happened AS (
    SELECT batch_id, kind, from_person_id, CASE WHEN kind <> 'retire' THEN to_person_id END AS to_person_id, members
    FROM person_event
    WHERE from_person_id IN (SELECT person_id FROM forebears) OR to_person_id IN (SELECT person_id FROM forebears)
    UNION ALL SELECT batch_id, 'made', NULL, person_id, NULL FROM person
    WHERE person_id IN (SELECT person_id FROM forebears)
)
SELECT batch_id, made_at, kind, from_person_id, to_person_id, members, model_version, reason
FROM happened JOIN batch USING (batch_id) ORDER BY batch_id, kind, from_person_id, to_person_id
"""
_NOW: Final = """
WITH RECURSIVE heirs(person_id) AS (
    SELECT %(person)s::uuid
    UNION SELECT e.to_person_id FROM person_event AS e JOIN heirs AS h ON h.person_id = e.from_person_id
    WHERE e.kind = 'merge'
)
SELECT person_id FROM person WHERE person_id IN (SELECT person_id FROM heirs) AND retired_batch_id IS NULL
ORDER BY person_id
"""
