"""Extracts into a vault, links out of it: what the tests of linking speak in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from identity.keys import ProjectKey
from identity.link import LinkBatch, link
from identity.split import split
from identity.vault import Vault
from schemas.contract import Feed
from tests.identity.feeds import rows

Record = dict[str, Any]


@dataclass
class Town:
    """A vault with the links that a warehouse would hold after each batch."""

    vault: Vault
    project: ProjectKey
    subjects: dict[int, list[int | None]] = field(default_factory=dict)
    links: dict[int, tuple[str | None, str]] = field(default_factory=dict)

    def deliver(self, feed: Feed, *records: Record, via: Collection[str] = ()) -> int:
        """Split a delivery; returns its extract id."""
        extract_id = len(self.subjects) + 1
        content = split(self.vault, feed, extract_id, rows(feed, *records), via=via)
        self.subjects[extract_id] = content["subject_id"].to_list()
        return extract_id

    def link(self, extracts: Iterable[int] | None = None) -> LinkBatch | None:
        """Link these (default: all) extracts and apply the batch."""
        found = link(self.vault, self.subjects if extracts is None else extracts, self.project)
        if found:
            frame = pl.DataFrame(pl.from_arrow(found.rows))
            for subject, key, status, _ in frame.select(
                "subject_id", "participant_key", "status", "probability"
            ).rows():
                self.links[subject] = (key, status)
            self.vault.applied(found.batch_id)
        return found

    def who(self, extract_id: int) -> list[str | None]:
        """The participant of each row of an extract."""
        return [self.links[subject][0] if subject else None for subject in self.subjects[extract_id]]

    def statuses(self, extract_id: int) -> list[str]:
        """The status of each row's subject."""
        return [self.links[subject][1] if subject else "none" for subject in self.subjects[extract_id]]

    def partition(self) -> set[frozenset[tuple[int, int]]]:
        """Which rows (extract, place) are one participant."""
        groups: dict[str | None, set[tuple[int, int]]] = {}
        for extract_id in self.subjects:
            for place, key in enumerate(self.who(extract_id)):
                groups.setdefault(key, set()).add((extract_id, place))
        return {frozenset(members) for key, members in groups.items() if key}
