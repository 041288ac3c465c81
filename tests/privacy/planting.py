"""Files of every feed of the city whose identifying cells, and some broken ones, are canaries."""

import itertools
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from bench.city.files import write
from schemas.catalogue import feeds
from schemas.contract import Code, Column, Date, Drop, Feed, Integer, Text
from schemas.synthetic import rows
from tests.privacy.canaries import STEMS, Canaries, date_digits

GOOD_ROWS, BROKEN_ROWS = 60, 3
FEWEST_DIGITS = 9
"""Shorter numbers turn up by chance in megabytes of other numbers."""
AGENCIES = ("metro_court", "metro_probation", "metro_peer")


class Planter:
    """Hands out canaries, each once, and remembers them."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._texts: set[str] = set()
        self._digits: set[bytes] = set()

    @property
    def canaries(self) -> Canaries:
        return Canaries(frozenset(self._texts), frozenset(self._digits))

    def word(self, length: int = 40) -> str:
        """A capitalised word that carries a stem and is its own, in at most ``length`` letters."""
        number = next(self._numbers)
        tail = "".join("bcdfghlmnprst"[number // 13**place % 13] for place in range(3))
        word = (STEMS[number % 2] + tail).capitalize()[:length]
        self._texts.add(word)
        return word

    def date(self) -> tuple[int, int, int]:
        """A day between 1904 and 1911: older than anybody in the files."""
        number = next(self._numbers)
        day = (1904 + number % 8, 1 + number % 12, 13 + number % 15)
        self._digits |= date_digits(*day)
        return day

    def number(self, text: str) -> None:
        """Take a number that a file holds anyway for a canary, where it is long enough."""
        digits = "".join(filter(str.isdigit, text)).encode()
        if len(digits) >= FEWEST_DIGITS:
            self._digits.add(digits)


def deliver(planter: Planter, folder: Path) -> Iterator[Path]:
    """Write one file of each feed of the city's agencies, and files that are refused, to ``<folder>/<agency>/``."""
    for feed in feeds().values():
        if feed.agency in AGENCIES:
            path = (
                folder
                / feed.agency
                / feed.files.replace("{date:%Y%m%d}", "20250630").replace("{date:%Y-%m-%d}", "2025-06-30")
            )
            write(feed, _planted(feed, planter), path)
            yield path
    yield from _refused(planter, folder)


def _planted(feed: Feed, planter: Planter) -> pl.DataFrame:
    made = rows(feed, GOOD_ROWS + BROKEN_ROWS, seed=len(feed.name)).drop("row_number")
    columns = {column.name: _cells(column, made[column.name].to_list(), planter) for column in feed.columns}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))


def _cells(column: Column, cells: list[str | None], planter: Planter) -> list[str | None]:
    secret = bool(column.identifies or column.keys) or any(isinstance(use, Drop) for use in column.uses)
    good, broken = cells[:GOOD_ROWS], cells[GOOD_ROWS:]
    if secret:
        good = [_secret(column, cell, planter) for cell in good]
    if isinstance(column.type, Date | Integer | Code) or secret:
        broken = [planter.word() for _ in broken]
    return [*good, *broken]


def _secret(column: Column, cell: str | None, planter: Planter) -> str | None:
    match column.type:
        case Date(formats=(form, *_)):
            year, month, day = planter.date()
            return form.replace("%Y", str(year)).replace("%m", f"{month:02}").replace("%d", f"{day:02}")
        case Text(pattern=None, max_length=length) if length >= len(STEMS[0]) + 3:
            if any(use.field == "full_name" for use in column.identifies):
                return f"{planter.word().upper()}, {planter.word().upper()} B"
            return planter.word(length)
    if cell is not None:
        planter.number(cell)
    return cell


def _refused(planter: Planter, folder: Path) -> Iterator[Path]:
    """A file with a name of nobody's feed, a header that is undeclared, an archive of unexpected members."""
    unknown = folder / "metro_court" / f"notes_on_{planter.word()}.txt"
    unknown.write_text(f"{planter.word()} called about {planter.word()}")
    yield unknown
    undeclared = folder / "metro_probation" / "supervision_20250101.csv"
    undeclared.write_text(f"{planter.word()},{planter.word()}\n{planter.word()},{planter.word()}\n", "utf-8-sig")
    yield undeclared
    archive = folder / "coc" / f"{planter.word()}.zip"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr(f"{planter.word()}.csv", f"{planter.word()}\n{planter.word()}\n")
        members.writestr("Client.csv", f'"PersonalID","{planter.word()}"\n"1","{planter.word()}\n')
    yield archive
