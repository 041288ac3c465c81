"""The terms of a delivery: rhythm, coverage, subject, expectations, rules between columns."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from schemas.columns import Key

Every = Literal["day", "week", "month", "quarter", "half_year", "once"]


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


@dataclass(frozen=True)
class Rows:
    """The number of rows received lies between ``low`` and ``high``; outside, the delivery is held."""

    low: int
    high: int


@dataclass(frozen=True)
class Filled:
    """At least ``share`` of the accepted rows have a value in ``column``; below, the delivery warns."""

    column: str
    share: float


@dataclass(frozen=True)
class Accepted:
    """At least ``share`` of the rows received are accepted; below, the delivery is held."""

    share: float


Expectation = Rows | Filled | Accepted


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
