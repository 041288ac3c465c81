"""Which formats the dates of a column are written in, and which of its texts mean that nothing has ended."""

import datetime as dt
import re
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import polars as pl

from schemas.columns import Date
from schemas.decode import date_values
from schemas.draft.cells import Cells

_DAYS: Final = (
    "%Y-%m-%d", "%m/%d/%Y", "%-m/%-d/%Y", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%-d/%-m/%Y", "%-d.%-m.%Y", "%m-%d-%Y",
    "%d-%m-%Y", "%Y/%m/%d", "%d-%b-%Y", "%d-%b-%y", "%-d-%b-%y", "%-d-%b-%Y", "%d %b %Y", "%d%b%Y", "%b %e %Y",
    "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%B %-d, %Y", "%b %-d, %Y", "%m/%d/%y", "%-m/%-d/%y", "%m-%d-%y", "%d.%m.%y",
    "%d/%m/%y", "%m%d%Y",
)  # fmt: skip
_TIMES: Final = (
    " %H:%M:%S", "T%H:%M:%S", " %H:%M", "T%H:%M", " %-H:%M", " %-H:%M:%S", " %I:%M:%S %p", " %-I:%M:%S %p",
    " %-I:%M %p", " %I:%M%p", " %l:%M%p", " %I:%M:%S:000%p", " %l:%M:%S:000%p", " %H:%M:%S.0000000", " %H:%M:%S.000000",
    " %H:%M:%S.000", " %H:%M:%S.00", " %H:%M:%S.0", " %H:%M:%S%.f", "T%H:%M:%S%.f", "T%H:%M:%SZ", " %H:%M:%S UTC",
    "T%H:%M:%S.000Z", " %H:%M:%S+00:00", ":%H:%M:%S", " %I:%M:%S%p", " %I:%M %p",
)  # fmt: skip
_MOST_FORMATS: Final = 3
_ENOUGH: Final = 0.95
"""Share of the filled cells that the formats must read: the rest is what an agency's file has of slips."""
_LOOKED_AT: Final = 400
"""Distinct texts on which formats are tried first."""
_PLAIN_YEARS: Final = (1900, 2100)

_OPEN: Final = (
    r"^(?:9999-12-31|12/31/9999|31/12/9999|31\.12\.9999|31-DEC-9999|99991231|99999999|12319999|9999-99-99|99/99/9999"
    r"|2999-12-31|12/31/2999|29991231|12-31-9999|9999/12/31|DEC 31 9999|31-DEC-99)(?:[ T:].*)?$"
)
_NONE: Final = r"^(?:0+|0000-00-00|00/00/0000|0001-01-01|01/01/0001|00010101)(?:[ T:].*)?$"
"""Texts that stand for no date at all: like open ends they become null."""


@dataclass(frozen=True)
class Dates:
    """Dates found in a column: their type, earliest and latest, and whether another reading would do as well."""

    type: Date
    first: dt.date
    last: dt.date
    median: dt.date
    ambiguous: bool = False

    @property
    def is_two_digit(self) -> bool:
        """Whether no century is named."""
        return any("%y" in format for format in self.type.formats)


def find_dates(cells: Cells) -> Dates | None:
    """The dates of a column; None where it has others than dates, open ends and a few slips."""
    open_end = _texts(cells, _OPEN)
    written = cells.without(open_end)
    none = _texts(written, _NONE) if written.distinct > 1 else ()
    written = written.without(none)
    if not written.distinct or written.share(r"[0-9]") < _ENOUGH:
        return None
    formats, ambiguous = _formats(written)
    if not formats:
        return None
    type = Date(*formats, open_end=(*open_end, *none))
    read = date_values(type, written.text).join(cells.texts, on="text").filter(pl.col("value").is_not_null())
    if read["count"].sum() < _ENOUGH * written.filled:
        return None
    first, median, last = (quantile_day(read["value"], share) for share in (0.01, 0.5, 0.99))
    if first is None or median is None or last is None:
        return None
    return Dates(type, first, last, median, ambiguous)


def quantile_day(days: pl.Series, share: float) -> dt.date | None:
    """The day before which this share of the days lies; None where there are none."""
    ordered = days.drop_nulls().sort()
    day = ordered[int(share * (len(ordered) - 1))] if len(ordered) else None
    return day if isinstance(day, dt.date) else None


def _texts(cells: Cells, pattern: str) -> tuple[str, ...]:
    return tuple(sorted(cells.text.filter(cells.text.str.to_uppercase().str.contains(pattern))))


def _formats(written: Cells) -> tuple[tuple[str, ...], bool]:
    """The formats that read most, one after the other; whether the first has a rival."""
    chosen: list[str] = []
    ambiguous = False
    rest = written
    wanted = _ENOUGH * written.filled
    while rest.filled and len(chosen) < _MOST_FORMATS and (not chosen or rest.filled > 0):
        tried = {format: _read(format, rest) for format in _candidates(rest)}
        tried = {format: read for format, read in tried.items() if read and _fits(format, chosen)}
        if not tried:
            break
        best = max(tried, key=lambda format: tried[format])
        if not chosen:
            ambiguous = any(
                format != best and tried[format] == tried[best] and _rival(best, format) for format in tried
            )
        elif tried[best] < 0.002 * written.filled:
            break
        chosen.append(best)
        known = date_values(Date(best), rest.text)["text"]
        rest = rest.without(tuple(known))
    return (tuple(chosen), ambiguous) if written.filled - rest.filled >= wanted else ((), False)


def _candidates(cells: Cells) -> list[str]:
    """The formats that read at least one of a few texts."""
    few = Cells(cells.texts.head(_LOOKED_AT), cells.rows)
    has_time = few.share(r"[0-9]:[0-9]") > 0
    days = [format for format in _plausible(few) if _read(format, few)]
    if not has_time:
        return days
    first = Cells(few.texts.with_columns(pl.col("text").str.replace(r"[ T:]+ ?[0-9]{1,2}:[0-9]{2}.*$", "")), few.rows)
    dated = [format for format in _plausible(first) if _read(format, first)]
    return days + [day + time for day in dated for time in _TIMES if _read(day + time, few)]


def _plausible(cells: Cells) -> list[str]:
    """The formats of days whose signs are those of some text, and that name the month where it does."""
    seen = {(frozenset(re.sub("[A-Za-z0-9]", "", text)), any(map(str.isalpha, text))) for text in cells.text}
    return [format for format in _DAYS if _signs(format) in seen]


def _signs(format: str) -> tuple[frozenset[str], bool]:
    return frozenset(re.sub("%-?[A-Za-z]", "", format)), "%b" in format or "%B" in format


def _read(format: str, cells: Cells) -> int:
    """How many cells a format reads, of years that a register may speak of."""
    values = date_values(Date(format), cells.text).filter(pl.col("value").dt.year().is_between(*_PLAIN_YEARS))
    return int(values.join(cells.texts, on="text")["count"].sum())


def _fits(format: str, chosen: list[str]) -> bool:
    """Whether no text means two days in this format and one already chosen."""
    sample = dt.date(2001, 2, 3)
    texts = {
        one: pl.select(pl.lit(sample).cast(pl.Datetime("us")).dt.strftime(one)).item() for one in (*chosen, format)
    }
    for one, other in permutations(texts, 2):
        read = date_values(Date(other), pl.Series([texts[one]]))["value"]
        if len(read) and read[0] != sample:
            return False
    return True


def _rival(one: str, other: str) -> bool:
    """Whether two formats take day and month in another order."""

    def order(format: str) -> list[str]:
        return [sign for sign in format.replace("-", "") if sign in "dmebBj"]

    return order(one)[:2] != order(other)[:2]
