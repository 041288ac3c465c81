"""Why records are one person: members, numbers, pairs with their weights, vetoes, decisions, and the keys it had.

Members are named by short labels (r1, r2 … records, n1 … numbers, a1 … aliases), other persons by their participant
keys: nothing here identifies anybody. `identifiers` does, and says so in the audit trail first.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import polars as pl
import psycopg

from identity import audit
from identity.boundary import sealed
from identity.evidence import Evidence
from identity.finding import Found, find
from identity.history import Moved, history
from identity.keys import ProjectKey, participant_key
from identity.records import Delivered, delivered
from identity.regroup import KEPT
from identity.vault import Vault
from identity.waterfall import EMPTY
from schemas.errors import ThroughcareError

PAIRS_SHOWN: Final = 200
STEPS_SHOWN: Final = 40
"""The strongest so many pairs are shown, and the strongest of these step by step."""
NEIGHBOURS_SHOWN: Final = 20
_LETTERS: Final = {1: "r", 2: "n", 3: "a"}
_KINDS: Final = {1: "record", 2: "number", 3: "alias"}


class NoSuchParticipant(ThroughcareError):
    """No person, living or retired, has that key in this project."""

    exit_code = 2


@dataclass(frozen=True)
class Member:
    """A subject of the person. ``fields``: which fields its record fills; ``number``: label of what it came under."""

    label: str
    kind: str
    agency: str | None
    feed: str | None
    first_extract: int | None
    row_number: int | None
    number: str | None
    fields: tuple[str, ...]
    status: str
    probability: float


@dataclass(frozen=True)
class Edge:
    """A pair of records; ``steps``: comparison, level, bits of those that say something."""

    left: str
    right: str
    weight: float
    probability: float
    vetoed: bool
    steps: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True)
class Ruling:
    """A decision of a reviewer; ``right`` may be of another participant, whose key it then is."""

    decision_id: int
    left: str
    right: str
    together: bool
    reviewer: str
    reason: str
    decided_at: dt.datetime
    batch_id: int | None
    undone_by: str | None
    undone_at: dt.datetime | None
    undo_reason: str | None


@dataclass(frozen=True)
class Explanation:
    """All that holds a person together, what stands against it, and how its key came about."""

    participant: str
    key_version: int
    percent: int | None
    status: str
    now: tuple[str, ...]
    model_version: str
    members: tuple[Member, ...]
    numbers: Mapping[str, tuple[str, ...]]
    edges: tuple[Edge, ...]
    neighbours: tuple[Edge, ...]
    decisions: tuple[Ruling, ...]
    history: tuple[Moved, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON has it; no identifier."""
        return asdict(self)


@sealed
def explain(vault: Vault, project: ProjectKey, participant: str) -> Explanation:
    """Explain a participant; `NoSuchParticipant` where the key is nobody's."""
    with vault.transaction() as cursor:
        found = _found(cursor, vault, project, participant)
        members = _members(cursor, vault, found.person)
        label = {subject: member.label for subject, member in members.items()}
        evidence = Evidence(cursor, vault.keys)
        records = pl.Series([s for s, m in members.items() if m.kind == _KINDS[1]], dtype=pl.Int64)
        moved = history(cursor, found.person, found.project)
        return Explanation(
            str(participant_key(found.project, found.person)), found.project.version, found.percent,
            "living" if members else "retired", moved.now, evidence.model.version, tuple(members.values()),
            _numbers(members.values()), _edges(evidence, records, label),
            _neighbours(cursor, found, records, label), _rulings(cursor, found, records, label), moved.events,
        )  # fmt: skip


@sealed
def identifiers(vault: Vault, project: ProjectKey, participant: str, actor: str) -> list[tuple[str, Delivered]]:
    """The records of a participant in clear, each with its label; that they are looked at is audited first."""
    with vault.transaction() as cursor:
        found = _found(cursor, vault, project, participant)
        members = _members(cursor, vault, found.person)
        label = {subject: member.label for subject, member in members.items() if member.kind == _KINDS[1]}
        audit.record(cursor, vault.keys, actor, "explain", persons=[found.person], identities=label)
    with vault.transaction() as cursor:
        return [(label[record.identity_id], record) for record in delivered(cursor, vault.keys, label)]


def _found(cursor: psycopg.Cursor, vault: Vault, project: ProjectKey, participant: str) -> Found:
    try:
        key = uuid.UUID(participant)
    except ValueError:
        raise NoSuchParticipant("a participant key is a UUID") from None
    found = find(cursor, vault.keys, project, key)
    if found is None:
        raise NoSuchParticipant("no participant of this project has, or had, that key")
    return found


def _members(cursor: psycopg.Cursor, vault: Vault, person: uuid.UUID) -> dict[int, Member]:
    """By subject, in the order in which they came."""
    cursor.execute(_MEMBERS, (person,))
    rows = cursor.fetchall()
    fields = {record.identity_id: tuple(sorted(record.says))
              for record in delivered(cursor, vault.keys, [row[0] for row in rows])}  # fmt: skip
    numbers = {number: f"n{place}" for place, number in enumerate(dict.fromkeys(_numbers_of(rows)), 1)}
    count = {1: 0, 2: 0, 3: 0}
    members = {}
    for subject, number, kind, agency, feed, extract, row, status, probability in rows:
        count[kind] += 1
        label = numbers[subject] if kind == 2 else f"{_LETTERS[kind]}{count[kind]}"
        members[subject] = Member(
            label, _KINDS[kind], agency, feed, extract, row, numbers.get(number) if kind == 1 else None,
            fields.get(subject, ()), status, probability,
        )  # fmt: skip
    return members


def _numbers_of(rows: Iterable[tuple[Any, ...]]) -> Iterable[int]:
    """The numbers that members came under, and those that are members themselves."""
    for subject, number, kind, *_ in rows:
        if kind == 2:
            yield subject
        elif kind == 1 and number is not None:
            yield number


def _numbers(members: Iterable[Member]) -> dict[str, tuple[str, ...]]:
    """The numbers that hold several records together."""
    held: dict[str, tuple[str, ...]] = {}
    for member in members:
        if member.number:
            held[member.number] = (*held.get(member.number, ()), member.label)
    return {number: records for number, records in held.items() if len(records) > 1}


def _edges(evidence: Evidence, records: pl.Series, label: Mapping[int, str]) -> tuple[Edge, ...]:
    known = evidence.identities(records)["identity_id"]
    scored = evidence.edges(known).filter((pl.col("weight") >= KEPT) | pl.col("vetoed"))
    strongest = scored.sort("weight", descending=True, maintain_order=True).head(PAIRS_SHOWN)
    if strongest.is_empty():
        return ()
    steps: dict[tuple[int, int], list[tuple[str, str, float]]] = {}
    shown = evidence.steps(strongest.head(STEPS_SHOWN)).filter(pl.col("level") != EMPTY)
    for left, right, comparison, level, bits in shown.select(
        "left_id", "right_id", "comparison", "level", pl.col("bits").round(2)
    ).rows():
        steps.setdefault((left, right), []).append((comparison, level, bits))
    return tuple(
        Edge(
            label[left],
            label[right],
            round(weight, 2),
            _probability(weight),
            vetoed,
            tuple(steps.get((left, right), ())),
        )
        for left, right, weight, vetoed in strongest.select("left_id", "right_id", "weight", "vetoed").rows()
    )


def _neighbours(cursor: psycopg.Cursor, found: Found, records: pl.Series, label: Mapping[int, str]) -> tuple[Edge, ...]:
    """The strongest pairs with records of other persons: what might have been joined and was not."""
    own = records.to_list()
    cursor.execute(_NEIGHBOURS, (own, own, NEIGHBOURS_SHOWN))
    return tuple(
        Edge(label[record], _key(found, person), round(weight, 2), _probability(weight), vetoed)
        for record, person, weight, vetoed in cursor.fetchall()
        if record in label
    )


def _rulings(cursor: psycopg.Cursor, found: Found, records: pl.Series, label: Mapping[int, str]) -> tuple[Ruling, ...]:
    cursor.execute(_RULINGS, {"own": records.to_list()})
    return tuple(
        Ruling(
            number, label.get(left) or _key(found, left_person), label.get(right) or _key(found, right_person), *rest
        )
        for number, left, left_person, right, right_person, *rest in cursor.fetchall()
    )


def _key(found: Found, person: uuid.UUID | None) -> str:
    return str(participant_key(found.project, person)) if person else "an erased record"


def _probability(weight: float) -> float:
    return round(1 / (1 + 2 ** -min(max(weight, -60.0), 60.0)), 4)


_MEMBERS: Final = """
WITH own AS (SELECT * FROM membership WHERE person_id = %s),
seen AS (
    SELECT subject_id, min(kind) AS kind, min(extract_id) AS extract_id FROM sighting
    WHERE subject_id IN (SELECT subject_id FROM own) GROUP BY 1
)
SELECT own.subject_id, own.number_id,
       CASE WHEN record.identity_id IS NOT NULL THEN 1 ELSE coalesce(seen.kind, 2) END AS kind,
       extract.agency, extract.feed, extract.extract_id, record.row_number, own.status, own.probability
FROM own LEFT JOIN record ON record.identity_id = own.subject_id LEFT JOIN seen USING (subject_id)
LEFT JOIN extract ON extract.extract_id = coalesce(record.extract_id, seen.extract_id)
ORDER BY extract.extract_id, record.row_number, own.subject_id
"""
_NEIGHBOURS: Final = """
SELECT record, person_id, weight, vetoed FROM (
    SELECT left_id AS record, right_id AS other, weight, vetoed FROM edge WHERE left_id = ANY(%s)
    UNION ALL SELECT right_id, left_id, weight, vetoed FROM edge WHERE right_id = ANY(%s)
) AS met JOIN membership ON subject_id = other ORDER BY weight DESC, record, other LIMIT %s
"""
_RULINGS: Final = """
SELECT decision_id, left_id, l.person_id, right_id, r.person_id, together, reviewer, reason, decided_at, d.batch_id,
       undone_by, undone_at, undo_reason
FROM decision AS d LEFT JOIN membership AS l ON l.subject_id = left_id
LEFT JOIN membership AS r ON r.subject_id = right_id
WHERE left_id = ANY(%(own)s) OR right_id = ANY(%(own)s) ORDER BY decision_id
"""
