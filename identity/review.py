"""What a reviewer is asked: pairs of persons that may be one, and persons that may be two; the weightiest first.

Impact is how much would change times how doubtful it is: subjects (records, numbers, aliases) whose participant
would be another, times the chance that the partition is wrong there.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import psycopg

from identity.boundary import sealed
from identity.keys import ProjectKey, participant_key
from identity.regroup import KEPT
from identity.vault import Vault

Kind = Literal["join", "part"]

VETO_DOUBT: Final = 0.1
"""A pair that a rule forbids counts so much of what its weight says: a choice that puts it behind what only the model
doubts."""
SUSPECT: Final = 0.95
"""A person with a record held by less probability than this may be two. What holds a record is the mean weight of its
pairs with all others of the person, so that a person of few ties (low density) holds its records badly."""
TORN: Final = 0.5
"""The probability of a person that a number holds together and a rule forbids: a choice, for the two are at odds."""


@dataclass(frozen=True)
class Item:
    """One question: whether two persons are one (``join``), or one person is two (``part``: ``left`` = ``right``).

    ``left_id``, ``right_id``: the identities that stand for them: of the strongest pair between two persons; of a
    person that may be two, the one that is held least (``right_id`` 0: against which is seen when it is opened), or
    two that a rule parts. ``probability``: that they are one, by that pair. ``subjects``, ``records``: how many the
    answer may move.
    """

    kind: Kind
    left: uuid.UUID
    right: uuid.UUID
    left_id: int
    right_id: int
    probability: float
    vetoed: bool
    subjects: int
    records: int
    impact: float

    def to_json(self, project: ProjectKey) -> dict[str, Any]:
        """What may be said outside the secure zone: participants, numbers, no identifier."""
        persons = dict.fromkeys((self.left, self.right))
        return {
            "kind": self.kind,
            "participants": [str(participant_key(project, person)) for person in persons],
            "probability": round(self.probability, 4),
            "vetoed": self.vetoed,
            "subjects": self.subjects,
            "records": self.records,
            "impact": round(self.impact, 4),
        }


@sealed
def queue(vault: Vault, limit: int = 500) -> list[Item]:
    """The questions that no decision in force answers, those of the highest impact first."""
    with vault.transaction() as cursor:
        found = [*_joins(cursor, limit), *_parts(cursor, limit)]
    return sorted(found, key=lambda item: (-item.impact, item.left, item.right))[:limit]


def _joins(cursor: psycopg.Cursor, limit: int) -> Iterable[Item]:
    """Persons between whom a kept pair stands that did not join them."""
    cursor.execute(_JOINS, {"kept": KEPT, "veto": VETO_DOUBT, "limit": limit})
    return [
        Item("join", low, high, left, right, probability, vetoed, subjects, records, impact)
        for low, high, left, right, probability, vetoed, subjects, records, impact in cursor.fetchall()
    ]


def _parts(cursor: psycopg.Cursor, limit: int) -> Iterable[Item]:
    """Persons of several records of which one is held with less certainty than `SUSPECT`, or two that a rule parts."""
    cursor.execute(_PARTS, {"suspect": SUSPECT, "torn": TORN, "limit": limit})
    return [
        Item("part", person, person, left, right, probability, right > 0, subjects, records, impact)
        for person, left, right, probability, subjects, records, impact in cursor.fetchall()
    ]


_SETTLED: Final = """
    SELECT DISTINCT least(l.person_id, r.person_id) AS low, greatest(l.person_id, r.person_id) AS high
    FROM decision AS d JOIN membership AS l ON l.subject_id = d.left_id
    JOIN membership AS r ON r.subject_id = d.right_id
    WHERE d.undone_at IS NULL
"""
_SIZES: Final = """
    SELECT m.person_id, count(*) AS subjects, count(r.identity_id) AS records
    FROM membership AS m LEFT JOIN record AS r ON r.identity_id = m.subject_id
"""
_JOINS: Final = f"""
WITH settled AS ({_SETTLED}),
met AS (
    SELECT DISTINCT ON (low, high) * FROM (
        SELECT least(l.person_id, r.person_id) AS low, greatest(l.person_id, r.person_id) AS high,
               CASE WHEN l.person_id < r.person_id THEN e.left_id ELSE e.right_id END AS left_id,
               CASE WHEN l.person_id < r.person_id THEN e.right_id ELSE e.left_id END AS right_id, e.weight, e.vetoed
        FROM edge AS e JOIN membership AS l ON l.subject_id = e.left_id
        JOIN membership AS r ON r.subject_id = e.right_id
        WHERE e.weight >= %(kept)s AND l.person_id <> r.person_id
    ) AS pairs ORDER BY low, high, vetoed, weight DESC, left_id, right_id
),
sizes AS (
    {_SIZES} WHERE m.person_id IN (SELECT low FROM met UNION SELECT high FROM met) GROUP BY 1
),
weighed AS (
    SELECT met.*, 1 / (1 + power(2, -least(weight, 60))) AS probability,
           least(a.subjects, b.subjects) AS subjects, least(a.records, b.records) AS records
    FROM met JOIN sizes AS a ON a.person_id = low JOIN sizes AS b ON b.person_id = high
    WHERE NOT EXISTS (SELECT FROM settled AS s WHERE s.low = met.low AND s.high = met.high)
)
SELECT low, high, left_id, right_id, probability, vetoed, subjects, records,
       subjects * probability * CASE WHEN vetoed THEN %(veto)s ELSE 1 END AS impact
FROM weighed ORDER BY impact DESC, low, high LIMIT %(limit)s
"""
_PARTS: Final = f"""
WITH settled AS ({_SETTLED}),
suspect AS (
    SELECT DISTINCT ON (person_id) * FROM (
        SELECT m.person_id, m.subject_id AS left_id, 0 AS right_id, m.probability
        FROM membership AS m JOIN record AS r ON r.identity_id = m.subject_id
        WHERE m.probability < %(suspect)s AND m.person_id IS NOT NULL
        UNION ALL
        SELECT l.person_id, e.left_id, e.right_id, %(torn)s
        FROM edge AS e JOIN membership AS l ON l.subject_id = e.left_id
        JOIN membership AS r ON r.subject_id = e.right_id
        WHERE e.vetoed AND l.person_id = r.person_id
    ) AS doubted ORDER BY person_id, probability, left_id, right_id
),
sizes AS ({_SIZES} WHERE m.person_id IN (SELECT person_id FROM suspect) GROUP BY 1)
SELECT person_id, left_id, right_id, probability, subjects, records, subjects * (1 - probability) AS impact
FROM suspect JOIN sizes USING (person_id)
WHERE records > 1 AND NOT EXISTS (SELECT FROM settled AS s WHERE s.low = person_id AND s.high = person_id)
ORDER BY impact DESC, person_id LIMIT %(limit)s
"""
