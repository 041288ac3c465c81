"""Which kinds of fact are others than at the publication before: what reads only the rest has the same results.

Everything that is compared stands in files of the two publications. A kind counts as changed where any of its rows, its
coverage, or the participant of any of its subjects may be another: rather once too often than once too rarely.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from warehouse.snapshot.partitions import Manifest, Partition, intact, scan

COMPARED: Final = ("extract_life", "link", "link_strict", "participant", "coverage")
MOMENTS: Final = ("event", "span")


@dataclass(frozen=True)
class Changes:
    """The kinds of fact that changed; ``everything``: nothing is known of what did not.

    ``kinds``: the rows, their coverage, or which participant they are of. ``apart``: at a stricter threshold of linkage
    only, where a subject is another participant. ``regrouped``: of all subjects of these participants, although each of
    them is who it was: sums over people are taken in another order.
    """

    kinds: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    regrouped: frozenset[str] = frozenset()
    everything: bool = False

    def touch(self, read: frozenset[str] | None) -> bool:
        """Whether what reads these kinds (None: all) of the participants at the main threshold may be another."""
        return self.everything or _meet(read, self.kinds)

    def touch_study(self, read: frozenset[str] | None, compares: bool) -> bool:
        """Whether a study may be another, which looks at stricter thresholds too; ``compares``: it fits models."""
        return self.touch(read) or _meet(read, self.apart) or (compares and _meet(read, self.regrouped))


EVERYTHING: Final = Changes(everything=True)


def _meet(read: frozenset[str] | None, changed: frozenset[str]) -> bool:
    return bool(changed if read is None else read & changed)


def changes(
    connection: duckdb.DuckDBPyConnection, folder: Path, before: Manifest | None, now: Sequence[Partition]
) -> Changes:
    """What changed since the manifest ``before``; `EVERYTHING` where one of its files is not as it was written.

    The connection has the tables of this publication, whose partitions are ``now``: `COMPARED`, event and span.
    """
    former = {} if before is None else {name: before.of(name) for name in (*COMPARED, *MOMENTS)}
    if not all(former.values()) or not former:
        return EVERYTHING
    this = Manifest("", "", "", tuple(now))
    read = [part for name in COMPARED for part in former[name] if part.file not in this.files(name)]
    if not all(intact(folder, part) for part in read):
        return EVERYTHING
    was = {name: scan(folder, [part.file for part in former[name]]) for name in former}
    told = _of_feeds(connection, folder, former, this, was["extract_life"])
    if told is None:
        return EVERYTHING
    kinds = told | _of_coverage(connection, was["coverage"])
    _find_subjects(connection, was)
    found: dict[str, set[str]] = {"main": set(), "apart": set(), "regrouped": set()}
    for how, kind in connection.execute(_KINDS).fetchall():
        found[how].add(kind)
    main = kinds | found["main"]
    return Changes(_with_ends(main), _with_ends(found["apart"]), _with_ends(found["regrouped"]))


def _with_ends(kinds: Iterable[str]) -> frozenset[str]:
    """The kinds, and those of the spans that their events end."""
    return frozenset(kinds) | {kind.removesuffix("_end") for kind in kinds}


_OTHER: Final = """
SELECT DISTINCT {column} FROM (
    (FROM {was} EXCEPT ALL FROM {now}) UNION ALL (FROM {now} EXCEPT ALL FROM {was}))
"""


def _of_feeds(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    former: dict[str, tuple[Partition, ...]],
    this: Manifest,
    lives: str,
) -> set[str] | None:
    """The kinds that the feeds tell of whose deliveries are others, or live otherwise; None: they cannot be read."""
    query = _OTHER.format(column="feed", was=lives, now="timeline.extract_life")
    feeds = {feed for (feed,) in connection.execute(query).fetchall()}
    both = (former[MOMENTS[0]], this.of(MOMENTS[0]))
    old, new = ({part.extract_id: part.origin for part in parts if part.extract_id is not None} for parts in both)
    loaded_anew = {extract for extract in old.keys() & new.keys() if old[extract] != new[extract]}
    query = f"SELECT DISTINCT extract_id, feed FROM (FROM {lives} UNION ALL FROM timeline.extract_life)"
    feed_of: dict[int, str] = dict(connection.execute(query).fetchall())
    feeds |= {feed_of[extract] for extract in loaded_anew}
    told = [
        part for name in MOMENTS for part in {*former[name], *this.of(name)}
        if part.rows and part.extract_id is not None and feed_of.get(part.extract_id) in feeds
    ]  # fmt: skip
    there = {part.file for part in this.partitions}
    if not all(part.file in there or intact(folder, part) for part in told):
        return None
    files = [sorted(part.file for part in told if part.table == name) for name in MOMENTS]
    queries = [f"SELECT DISTINCT kind FROM {scan(folder, names)}" for names in files if names]
    return {kind for query in queries for (kind,) in connection.execute(query).fetchall()}


def _of_coverage(connection: duckdb.DuckDBPyConnection, was: str) -> set[str]:
    told = "(SELECT agency, feed, kind, covered_from, covered_until, lag_days FROM {})"
    query = _OTHER.format(column="kind", was=told.format(was), now=told.format("coverage"))
    return {kind for (kind,) in connection.execute(query).fetchall()}


_SUBJECTS: Final = """
CREATE OR REPLACE TEMP TABLE other_subject AS
WITH stated AS (
    SELECT subject_id, old.participant_key AS old_key, new.participant_key AS new_key
    FROM {link} AS old FULL JOIN timeline.link AS new USING (subject_id)
    WHERE old.participant_key IS DISTINCT FROM new.participant_key OR old.status IS DISTINCT FROM new.status
), strict AS (
    SELECT DISTINCT subject_id
    FROM {link_strict} AS old FULL JOIN timeline.link_strict AS new USING (subject_id, threshold)
    WHERE old.participant_key IS DISTINCT FROM new.participant_key
), described AS (
    SELECT participant_key FROM {participant} AS old JOIN participant AS new USING (participant_key)
    WHERE old.birth_year IS DISTINCT FROM new.birth_year OR old.sex IS DISTINCT FROM new.sex
), taken AS (
    SELECT subject_id FROM strict
    UNION
    SELECT subject_id FROM stated SEMI JOIN (FROM {link_strict} UNION ALL FROM timeline.link_strict) USING (subject_id)
), regrouped AS (
    SELECT participant_key FROM timeline.link SEMI JOIN taken USING (subject_id)
    UNION
    SELECT participant_key FROM {link} SEMI JOIN taken USING (subject_id)
)
SELECT subject_id, 'main' AS how FROM stated
UNION ALL
SELECT subject_id, 'main' FROM timeline.link SEMI JOIN described USING (participant_key)
UNION ALL
SELECT subject_id, 'apart' FROM strict
UNION ALL
SELECT subject_id, 'regrouped' FROM timeline.link SEMI JOIN regrouped USING (participant_key)
"""
_KINDS: Final = """
SELECT DISTINCT how, kind FROM (
    SELECT subject_id, kind FROM timeline.event UNION ALL SELECT subject_id, kind FROM timeline.span
) AS moment JOIN other_subject USING (subject_id)
"""


def _find_subjects(connection: duckdb.DuckDBPyConnection, was: dict[str, str]) -> None:
    """Make the table ``other_subject``: whose participant is another, or is described otherwise."""
    connection.execute(_SUBJECTS.format(**was))
