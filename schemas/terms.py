"""The terms of a delivery: rhythm, coverage, subject, expectations, rules between columns."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from schemas.columns import Key

Every = Literal["day", "week", "month", "quarter", "half_year", "once"]

Kind = Literal["full", "delta"]
"""What one delivery is: by default what its contract says, unless its manifest says otherwise."""


@dataclass(frozen=True)
class Full:
    """Each delivery is the complete truth as of its date and supersedes the ones before it."""

    every: Every


@dataclass(frozen=True)
class Delta:
    """Each delivery holds what is new or changed since the one before; a record is replaced by its key.

    It is complete for one period only: where a delivery is missing, coverage has a gap.
    """

    every: Every


@dataclass(frozen=True)
class FileDate:
    """The date in the file's name, where ``files`` says ``{date:…}``."""


@dataclass(frozen=True)
class LatestOf:
    """The latest date in a column of the delivery."""

    column: str


@dataclass(frozen=True)
class Fixed:
    """A date that the agreement states."""

    date: dt.date


AsOf = FileDate | LatestOf | Fixed


@dataclass(frozen=True)
class UpTo:
    """The delivery is complete from ``since`` up to its as-of date, for the kinds of its timeline.

    ``lag_days`` is the maturation lag: how long a fact takes, at most, to reach this source.
    """

    date: AsOf
    since: dt.date
    lag_days: int = 0


@dataclass(frozen=True)
class Via:
    """The row's person is found through a key that another feed of the agency ties to a person."""

    namespace: str


@dataclass(frozen=True)
class EachRow:
    """Each row is a subject of its own, known by its identifiers only."""


@dataclass(frozen=True)
class NoSubject:
    """The rows are not about persons (a list of programmes, of courts)."""


Subject = Key | Via | EachRow | NoSubject


Otherwise = Literal["warn", "hold"]
"""What follows where an expectation is not met: the receipt warns, or the delivery waits for a person."""


@dataclass(frozen=True)
class Rows:
    """The number of rows received lies between ``low`` and ``high``; outside, the delivery is held."""

    low: int
    high: int
    reason: str = ""


@dataclass(frozen=True)
class Filled:
    """At least ``share`` of the accepted rows have a value in ``column``; below, the delivery warns."""

    column: str
    share: float
    reason: str = ""


@dataclass(frozen=True)
class Accepted:
    """At least ``share`` of the rows received are accepted; below, the delivery is held."""

    share: float
    reason: str = ""


@dataclass(frozen=True)
class Drift:
    """How far a delivery may differ from the median of the last ones of its feed.

    Rows received: fewer than ``low`` times as many follows ``otherwise`` (by default a full delivery is held and a
    delta warns), more than ``high`` times as many warns. No column is filled by more than ``filled`` (a share) less:
    else the delivery warns. Every feed has these terms unless it states others; laxer ones need a ``reason``.
    """

    low: float = 0.5
    high: float = 2.0
    filled: float = 0.10
    otherwise: Otherwise | None = None
    reason: str = ""


@dataclass(frozen=True)
class Fresh:
    """The delivery's as-of date lies at most ``days`` before the day on which it arrives; else it warns.

    Whatever the terms, a delivery that speaks of days to come is held.
    """

    days: int
    reason: str = ""


@dataclass(frozen=True)
class Known:
    """At least ``share`` of the rows received have a listed code in ``column``."""

    column: str
    share: float
    otherwise: Otherwise = "warn"
    reason: str = ""


@dataclass(frozen=True)
class Unique:
    """At least ``share`` of the rows received contradict no other row of their key; below, the delivery is held."""

    share: float
    reason: str = ""


@dataclass(frozen=True)
class Refers:
    """At least ``share`` of the keys of ``namespace`` are known from the agency's other feeds; below, it warns."""

    namespace: str
    share: float
    reason: str = ""


Expectation = Rows | Filled | Accepted | Drift | Fresh | Known | Unique | Refers


@dataclass(frozen=True)
class Deleted:
    """A row whose ``column`` has one of ``codes`` says that the agency deleted the record.

    Codes are ours where the column is a `Code`, the agency's text where it is text; without any, a value in the
    column says it (a date of deletion). Such a row is loaded and counted like any other, and makes no moments.
    """

    column: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sequence:
    """Deliveries are numbered from ``first`` without a gap: one whose predecessor is not there waits for it.

    The number stands in the file's name, where ``files`` says ``{sequence}``, or in its manifest.
    """

    first: int = 1


@dataclass(frozen=True)
class ManifestRule:
    """A manifest comes beside each file: whether it must, whether signed, and the columns it gives totals of."""

    demanded: bool = True
    signed: bool = True
    totals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ordered:
    """``first`` does not lie after ``second`` where both are filled; else rule ``date_order`` at second."""

    first: str
    second: str


@dataclass(frozen=True)
class InScale:
    """``score`` lies within the published range of the scale in ``scale``; else ``score_out_of_scale``."""

    scale: str
    score: str


RowRule = Ordered | InScale
