"""Publishes the project: outcomes, snapshot, report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.expunge import carry_out, is_unpublished, withdraw_others, withdrawn
from flows.link import link
from flows.stores import Stores
from schemas.failpoint import reach

OVERALL: Final = "overall"
SHOWN: Final = (
    "outcome", "window_months", "n", "observable", "events", "competing", "cumulative_incidence", "ci_low", "ci_high",
)  # fmt: skip


@dataclass(frozen=True)
class Publication:
    """Where the snapshot and the report are, and what is in them."""

    snapshot: Path
    report: Path
    version: str
    partitions_written: int
    partitions_reused: int
    participants: int
    rates: pl.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Counts, version and paths."""
        return {
            "participants": self.participants,
            "partitions_written": self.partitions_written,
            "partitions_reused": self.partitions_reused,
            "version": self.version,
            "snapshot": str(self.snapshot),
            "report": str(self.report),
        }


def publish(stores: Stores) -> Publication:
    """Recompute outcomes, swap in a new snapshot and write the report from it.

    What orders to expunge cover is erased first, and every older snapshot is then withdrawn at once.
    """
    from schemas.catalogue import feeds
    from warehouse.report.site import write_report
    from warehouse.snapshot.publish import publish as publish_snapshot

    settings = stores.settings
    carry_out(stores)
    if by_order := is_unpublished(stores):
        link(stores)
    done = publish_snapshot(
        stores.warehouse_url, settings.home / "published", settings.project, feeds(), by_order=by_order
    )
    reach("publish.swapped")
    report = write_report(done.path, settings.home / "report")
    if by_order:
        withdrawn(stores, done.withdrawn + withdraw_others(settings.home / "published", settings.project))
    return Publication(
        done.path, report, done.version, done.partitions_written, done.partitions_reused, done.participants,
        done.outcomes.rate,
    )  # fmt: skip


def first_outcomes(rates: pl.DataFrame) -> list[dict[str, Any]]:
    """The outcome table of everybody: a row an outcome and window."""
    return rates.filter(pl.col("stratum_kind") == OVERALL).select(SHOWN).sort("outcome", "window_months").to_dicts()
