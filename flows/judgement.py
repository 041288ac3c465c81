"""What a file is worth under its contract, with no store involved: the same for a load and for `throughcare check`."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from connectors.readers import read
from schemas.contract import Feed
from schemas.coverage import as_of, covered
from schemas.decode import check_header
from schemas.delivery import Verdict, judge_delivery
from schemas.errors import DeliveryRefused
from schemas.measures import measure
from schemas.rows import judge_rows
from schemas.table import Judged, RawTable

HOLD: Final = "hold"
NO_FEED: Final = "no_feed"


@dataclass(frozen=True)
class Judgement:
    """A delivery as its contract judges it; where ``refused`` is set, what comes after the refusal is unset."""

    feed: Feed | None
    received: int = 0
    judged: Judged | None = None
    verdict: Verdict | None = None
    as_of: dt.date | None = None
    coverage: tuple[dt.date, dt.date] | None = None
    refused: DeliveryRefused | None = None

    @property
    def state(self) -> str:
        """The state in which such a delivery ends."""
        if self.refused is not None:
            return "refused"
        return "held" if self.verdict is not None and self.verdict.outcome == HOLD else "loaded"


def examine(feed: Feed | None, content: bytes, file_name: str, on_stage: Callable[[str], None]) -> Judgement:
    """Read a file and judge its rows and its delivery; a refusal is a value, never an exception."""
    if feed is None:
        return Judgement(None, refused=DeliveryRefused(NO_FEED))
    judgement = Judgement(feed)
    try:
        on_stage("read")
        table = read(content, feed.format, feed.headers)
        judgement = replace(judgement, received=table.received)
        return judge(judgement, feed, table, feed.file_date(file_name), on_stage)
    except DeliveryRefused as refused:
        return replace(judgement, refused=DeliveryRefused(refused.code, refused.row_number, refused.column))


def judge(
    judgement: Judgement, feed: Feed, table: RawTable, file_date: dt.date | None, on_stage: Callable[[str], None]
) -> Judgement:
    """Judge a table that was read; raises `DeliveryRefused`."""
    on_stage("rows")
    check_header(feed, [header for header in table.rows.columns if header != "row_number"])
    judged = judge_rows(feed, table)
    on_stage("delivery")
    verdict = judge_delivery(feed, measure(feed, judged))
    until = as_of(feed, file_date, judged.accepted)
    return replace(judgement, judged=judged, verdict=verdict, as_of=until, coverage=covered(feed, until))
