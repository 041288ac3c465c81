"""One question of the queue, opened: the records in clear, the weights, and what would come of an answer."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl
import psycopg

from identity import audit
from identity.boundary import sealed
from identity.compare import PAIRS
from identity.decisions import DECIDED
from identity.evidence import Evidence
from identity.keys import VaultKeys
from identity.records import Delivered, delivered
from identity.review import Item
from identity.vault import Vault

SHOWN: Final = 12
"""So many records of a side are opened at most, the one that stands for it first."""


@dataclass(frozen=True)
class Consequence:
    """What an answer would do at the next link: persons that would ``join``, and a person's parts if it would part.

    ``joined``: for each person that would come of several, of how many; ``parted``: for each person that would part,
    how many records each part has; ``records``, ``agencies``: of all persons that would change.
    """

    joined: tuple[int, ...]
    parted: tuple[tuple[int, ...], ...]
    records: int
    agencies: int

    def text(self) -> str:
        """In words."""
        said = [f"{count} persons become one" for count in self.joined]
        said += [f"one person becomes {len(parts)} ({_listed(parts)})" for parts in self.parted]
        if not said:
            return "no record changes its person; the decision binds later runs"
        return f"{'; '.join(said)} - {_counted(self.records, 'record')} of {_counted(self.agencies, 'agency')}"


@dataclass(frozen=True)
class Step:
    """One step of the weight of the pair that stands for the question."""

    comparison: str
    level: str
    bits: float
    rarity: float


@dataclass(frozen=True)
class Case:
    """What a reviewer sees of a question.

    ``left`` and ``right``: the records of either side, first the one that stands for it; ``hidden``: how many
    more there are. ``weight`` with its ``steps`` and ``vetoed`` are of the two that stand for the sides;
    ``consequence`` is of the answer that changes something: "same" for a ``join``, "different" for a ``part``.
    """

    item: Item
    left: tuple[Delivered, ...] = field(repr=False)
    right: tuple[Delivered, ...] = field(repr=False)
    hidden: int
    weight: float
    vetoed: bool
    steps: tuple[Step, ...]
    consequence: Consequence

    @property
    def pair(self) -> tuple[int, int]:
        """The identities that a decision would be about."""
        return self.left[0].identity_id, self.right[0].identity_id


@sealed
def open_case(vault: Vault, item: Item, reviewer: str) -> Case | None:
    """Open a question for a reviewer; None where the persons are no longer what the queue said.

    That it is viewed, by whom, and which records, is in the audit trail before any of them is given out.
    """
    with vault.transaction() as cursor:
        found = _Sides.found(cursor, vault.keys, item)
        if found is None:
            return None
        shown = [*found.left[:SHOWN], *found.right[:SHOWN]]
        persons = {item.left, item.right}
        audit.record(cursor, vault.keys, reviewer, "view", persons=persons, identities=shown)
    with vault.transaction() as cursor:
        records = {record.identity_id: record for record in delivered(cursor, vault.keys, shown)}
        if not all(side[0] in records for side in (found.left, found.right)):
            return None
        steps = Evidence(cursor, vault.keys).steps(_pair(found.left[0], found.right[0]))
    left, right = (
        tuple(records[identity] for identity in side[:SHOWN] if identity in records)
        for side in (found.left, found.right)
    )
    return Case(
        item, left, right, found.count - len(left) - len(right), float(steps["bits"].sum()), found.vetoed,
        tuple(Step(*row) for row in steps.select("comparison", "level", "bits", "rarity").rows()), found.consequence,
    )  # fmt: skip


@dataclass(frozen=True)
class _Sides:
    """The identities of either side, first the one that stands for it, without their contents."""

    left: list[int]
    right: list[int]
    vetoed: bool
    consequence: Consequence

    @property
    def count(self) -> int:
        return len(self.left) + len(self.right)

    @classmethod
    def found(cls, cursor: psycopg.Cursor, keys: VaultKeys, item: Item) -> "_Sides | None":
        """Look who is who now; None where it is not what the queue said."""
        cursor.execute(
            "SELECT subject_id, person_id, component_id FROM membership JOIN record ON identity_id = subject_id "
            "WHERE person_id = ANY(%s)",
            ([item.left, item.right],),
        )
        rows = cursor.fetchall()
        person = {row[0]: row[1] for row in rows}
        if person.get(item.left_id) != item.left or (item.right_id and person.get(item.right_id) != item.right):
            return None
        evidence = Evidence(cursor, keys)
        among = evidence.identities(_around(cursor, rows))
        ids = among["identity_id"]
        if not {item.left_id, item.right_id or item.left_id} <= set(ids) or (item.kind == "part" and len(person) < 2):
            return None
        own = ids.filter(ids.is_in(list(person)))
        edges = evidence.edges(own)
        right_id = item.right_id or _farthest(edges, item.left_id)
        joining = item.kind == "join"
        also = _pair(item.left_id, right_id).with_columns(together=pl.lit(joining)).cast(DECIDED)
        group = dict(evidence.regrouped(among, also).select("identity_id", "group").rows())
        consequence = _consequence(cursor, group)
        side: Mapping[int, object] = person if joining else group
        left, right = (
            [stands, *sorted(one for one in own if side[one] == side[stands] and one != stands)]
            for stands in (item.left_id, right_id)
        )
        return cls(left, right, _is_vetoed(edges, item.left_id, right_id), consequence)


def _around(cursor: psycopg.Cursor, rows: Iterable[tuple[int, uuid.UUID, int | None]]) -> pl.Series:
    """All subjects of the components that these members are in: they are clustered together."""
    rows = list(rows)
    components = list({row[2] for row in rows if row[2] is not None})
    cursor.execute("SELECT subject_id FROM membership WHERE component_id = ANY(%s)", (components,))
    found = {row[0] for row in rows} | {row[0] for row in cursor.fetchall()}
    return pl.Series("subject_id", sorted(found), dtype=pl.Int64)


def _farthest(edges: pl.DataFrame, identity: int) -> int:
    """The identity to which another one is held least: a rule forbids it, or it weighs least."""
    own = edges.filter((pl.col("left_id") == identity) | (pl.col("right_id") == identity))
    low, high = own.sort(~pl.col("vetoed"), "weight", "left_id", "right_id").select("left_id", "right_id").row(0)
    return int(high if low == identity else low)


def _is_vetoed(edges: pl.DataFrame, one: int, other: int) -> bool:
    return not edges.join(_pair(one, other), on=list(PAIRS)).filter("vetoed").is_empty()


def _consequence(cursor: psycopg.Cursor, group: Mapping[int, int]) -> Consequence:
    """How the persons that are now differ from the groups that would be."""
    cursor.execute(
        "SELECT subject_id, person_id, agency FROM membership JOIN record ON identity_id = subject_id "
        "JOIN extract USING (extract_id) WHERE subject_id = ANY(%s)",
        (list(group),),
    )
    rows = [(identity, person or identity, agency) for identity, person, agency in cursor.fetchall()]
    cells = Counter((person, group[identity]) for identity, person, _ in rows)
    persons, groups = Counter(person for person, _ in cells), Counter(to for _, to in cells)
    changed = [row for row in rows if persons[row[1]] > 1 or groups[group[row[0]]] > 1]
    parted = [tuple(sorted((cells[cell] for cell in cells if cell[0] == person), reverse=True))
              for person, parts in persons.items() if parts > 1]  # fmt: skip
    return Consequence(
        tuple(sorted(count for count in groups.values() if count > 1)), tuple(sorted(parted)), len(changed),
        len({agency for *_, agency in changed}),
    )  # fmt: skip


def _pair(one: int, other: int) -> pl.DataFrame:
    low, high = sorted((one, other))
    return pl.DataFrame({"left_id": [low], "right_id": [high]}, schema=PAIRS)


def _counted(count: int, noun: str) -> str:
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else many}"


def _listed(parts: Collection[int]) -> str:
    return " + ".join(str(part) for part in parts) + " records"
