"""Publishes the project: outcomes, snapshot, report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

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
    """Recompute outcomes, swap in a new snapshot and write the report from it."""
    from schemas.catalogue import feeds
    from warehouse.report.site import write_report
    from warehouse.snapshot.publish import publish as publish_snapshot

    settings = stores.settings
    done = publish_snapshot(stores.warehouse_url, settings.home / "published", settings.project, feeds())
    reach("publish.swapped")
    report = write_report(done.path, settings.home / "report")
    return Publication(
        done.path, report, done.version, done.partitions_written, done.partitions_reused, done.participants,
        done.outcomes.rate,
    )  # fmt: skip


def first_outcomes(rates: pl.DataFrame) -> list[dict[str, Any]]:
    """The outcome table of everybody: a row an outcome and window."""
    return rates.filter(pl.col("stratum_kind") == OVERALL).select(SHOWN).sort("outcome", "window_months").to_dicts()
