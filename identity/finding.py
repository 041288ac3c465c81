"""From a participant key, as analysts know it, back to the person: keys of all persons are made and compared."""

import hmac
import uuid
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import psycopg

from identity.keys import ProjectKey, VaultKeys, unwrap
from identity.participants import part_keys
from identity.transfer import fetch_values

_BYTES: Final = 16


@dataclass(frozen=True)
class Found:
    """``person`` under the key of ``project``; ``percent``: where the key is a part's at a stricter threshold."""

    person: uuid.UUID
    project: ProjectKey
    percent: int | None = None


def find(cursor: psycopg.Cursor, keys: VaultKeys, project: ProjectKey, participant: uuid.UUID) -> Found | None:
    """The person, living or retired, of a participant key of this project or of one in which batches were made."""
    (packed,) = fetch_values(cursor, "SELECT string_agg(uuid_send(person_id), ''::bytea) FROM person", 1)
    persons = np.frombuffer(packed, f"V{_BYTES}").tolist()
    for key in (project, *_earlier(cursor, keys, project)):
        if (found := _whole(key, persons, participant) or _part(cursor, key, participant)) is not None:
            return found
    return None


def _whole(key: ProjectKey, persons: list[bytes], participant: uuid.UUID) -> Found | None:
    """One-shot HMACs, until it is met: a second for a million persons."""
    begin, wanted = f"{key.project}\0{key.version}\0".encode(), participant.bytes
    met = (person for person in persons if hmac.digest(key.key, begin + person, "sha256")[:_BYTES] == wanted)
    person = next(met, None)
    return None if person is None else Found(uuid.UUID(bytes=person), key)


def _part(cursor: psycopg.Cursor, key: ProjectKey, participant: uuid.UUID) -> Found | None:
    """The person of whom that is a part's key at a stricter threshold."""
    cursor.execute(
        "SELECT DISTINCT m.person_id, s.percent, s.lead FROM strict AS s JOIN membership AS m USING (subject_id) "
        "WHERE m.person_id IS NOT NULL"
    )
    parts = [(person.hex, percent, f"{percent} {lead}") for person, percent, lead in cursor.fetchall()]
    named = pl.DataFrame(parts, schema={"person": pl.String, "percent": pl.Int64, "part": pl.String}, orient="row")
    met = named.filter(part_keys(key, named["person"], named["part"]) == str(participant))
    return None if met.is_empty() else Found(uuid.UUID(met["person"][0]), key, met["percent"][0])


def _earlier(cursor: psycopg.Cursor, keys: VaultKeys, project: ProjectKey) -> list[ProjectKey]:
    """The other keys that the journal of batches knows, the newest first."""
    cursor.execute(
        "SELECT project, key_version, (array_agg(project_key))[1] FROM batch WHERE (project, key_version) <> (%s, %s) "
        "GROUP BY 1, 2 ORDER BY max(batch_id) DESC",
        (project.project, project.version),
    )
    return [
        ProjectKey(name, version, unwrap(keys, bytes(wrapped), f"project {name} {version}"))
        for name, version, wrapped in cursor.fetchall()
    ]
