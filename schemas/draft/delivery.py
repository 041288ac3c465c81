"""What the sample says of deliveries: names of files, rhythm, coverage, expectations."""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from typing import Final

from schemas.contract import _DATE_FIELD
from schemas.terms import AsOf, Every, FileDate, Fixed, LatestOf

_DATES: Final = (
    (r"(?<![0-9])(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9])", "%Y%m%d"),
    (r"(?<![0-9])(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](?![0-9])", "%Y-%m-%d"),
    (r"(?<![0-9])(?:19|20)[0-9]{2}_[01][0-9]_[0-3][0-9](?![0-9])", "%Y_%m_%d"),
    (r"(?<![0-9])(?:19|20)[0-9]{2}\.[01][0-9]\.[0-3][0-9](?![0-9])", "%Y.%m.%d"),
    (r"(?<![0-9])[01][0-9]-[0-3][0-9]-(?:19|20)[0-9]{2}(?![0-9])", "%m-%d-%Y"),
    (r"(?<![0-9])[01][0-9]_[0-3][0-9]_(?:19|20)[0-9]{2}(?![0-9])", "%m_%d_%Y"),
    (r"(?<![0-9])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:19|20)[0-9]{2}(?![0-9])", "%m%d%Y"),
)  # fmt: skip
_RHYTHMS: Final[tuple[tuple[str, Every], ...]] = (
    ("daily", "day"), ("weekly", "week"), ("monthly", "month"), ("quarter", "quarter"), ("half", "half_year"),
)  # fmt: skip


def files_like(name: str, hidden: Collection[str]) -> tuple[str, str]:
    """The glob of files of this name and the date in the name as {date:…}; notes come second.

    Digits become ``*``, and so does a word that is in ``hidden`` (lower case): a name may stand in the name of a file.
    """
    for pattern, format in _DATES:
        match = re.search(pattern, name)
        if match and _is_date(match[0], format):
            before, after = name[: match.start()], name[match.end() :]
            return f"{_glob(before, hidden)}{{date:{format}}}{_glob(after, hidden)}", ""
    return _glob(name, hidden), "a date in the name would say as of when a delivery is complete"


def date_in(files: str, name: str) -> dt.date | None:
    """The date that a name carries by such a glob."""
    found = _DATE_FIELD.search(files)
    for pattern, format in _DATES:
        match = re.search(pattern, name)
        if found and found["format"] == format and match:
            return dt.datetime.strptime(match[0], format).date()
    return None


def rhythm(name: str) -> Every:
    """How often a delivery comes, where the name says; else each month."""
    return next((every for word, every in _RHYTHMS if word in name.lower()), "month")


def since_of(firsts: Iterable[dt.date], until: dt.date | None) -> dt.date:
    """A round date before the sample's first; never after its as-of date."""
    years = [day.year for day in (*firsts, *([until] if until else []))]
    return dt.date(min(years, default=2000), 1, 1)


def as_of_of(files: str, dated: str | None, day: dt.date) -> AsOf:
    """Where the as-of date comes from: the file's name, else a column's latest date, else a date to be agreed."""
    if _DATE_FIELD.search(files):
        return FileDate()
    return LatestOf(dated) if dated else Fixed(day)


def most_rows(received: int) -> int:
    """A round number of rows above which a delivery would surprise."""
    return int(10 ** max(4, len(str(received)) + 1))


def _glob(part: str, hidden: Collection[str]) -> str:
    def shown(match: re.Match[str]) -> str:
        return "*" if match[0].isdigit() or match[0].lower() in hidden else match[0]

    starred = re.sub(r"[^\W\d_]+|[0-9]+", shown, re.sub(r"[{}\[\]]", "?", part))
    return re.sub(r"\*[*?]*", "*", starred)


def _is_date(text: str, format: str) -> bool:
    try:
        dt.datetime.strptime(text, format)
    except ValueError:
        return False
    return True
