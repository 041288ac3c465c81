"""The reason of a decision is read by many: it must not hold what only the records may say."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from identity.fields import NAMING

ORDINARY: Final = frozenset({
    "street", "avenue", "ave", "road", "lane", "drive", "court", "place", "boulevard", "blvd", "square", "way",
    "circle", "terrace", "parkway", "highway", "north", "south", "east", "west", "apt", "apartment", "unit", "suite",
    "floor", "room", "main", "the", "and", "com", "net", "org", "www",
})  # fmt: skip
"""Words that stand in addresses (of the post and of mail) and say nothing of a person."""

_PLACES: Final = ("address", "email")
_FIELDS: Final = NAMING | {"zip", "city"}
_LETTERS = 2
_DIGITS = 4


def gives_away(reason: str, records: Iterable[Mapping[str, Sequence[str]]]) -> bool:
    """Whether a text holds a name, a number, a date or a place that one of the records has.

    Letters count from two on, digits from four on, whatever stands between them; ``records``: field → values.
    """
    words = set(_words(reason))
    digits = re.sub(r"\D", "", reason)
    for record in records:
        for field, values in record.items():
            if field in _FIELDS and any(_stands(field, value, words, digits) for value in values):
                return True
    return False


def _stands(field: str, value: str, words: set[str], digits: str) -> bool:
    known = {word for word in _words(value) if _says_something(word)}
    if field in _PLACES:
        known -= ORDINARY
    return bool(known & words) or any(number in digits for number in _numbers(field, value))


def _says_something(word: str) -> bool:
    return len(word) >= _DIGITS if any(c.isdigit() for c in word) else len(word) >= _LETTERS


def _numbers(field: str, value: str) -> Iterator[str]:
    """The digits of a value, a date in the ways that it is written."""
    date = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", value.strip()) if field == "birth_date" else None
    if date:
        year, month, day = date.groups()
        for y, m, d in product((year, year[-2:]), {month, month.lstrip("0")}, {day, day.lstrip("0")}):
            yield from (y + m + d, m + d + y, d + m + y)
    elif len(found := re.sub(r"\D", "", value)) >= _DIGITS and field not in _PLACES:
        yield found


def _words(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return iter(re.findall(r"[^\W_]+", plain))
