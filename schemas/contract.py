"""The contract of a feed: one declaration from which everything about its files is derived.

A feed module in ``schemas/feeds`` holds literals only and imports from here. Each column states its type,
its meaning and one or more uses, without defaults; a contradiction fails when the feed is built and names
feed and column.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.codes import Identifier
from schemas.columns import Code, Column, Date, Decimal, Drop, Identify, Integer, Keep, Key, Text
from schemas.consistency import contradictions
from schemas.errors import ContractError
from schemas.formats import Delimited, Excel, FixedWidth, Footer, Format, Gzip, JsonLines, Parquet, Zip
from schemas.moments import Const, Event, Mapped, Span, SpanEnd
from schemas.terms import (
    Accepted,
    Delta,
    EachRow,
    Expectation,
    FileDate,
    Filled,
    Fixed,
    Full,
    InScale,
    LatestOf,
    NoSubject,
    Ordered,
    RowRule,
    Rows,
    Subject,
    UpTo,
    Via,
)  # fmt: skip

__all__ = [
    "Accepted",
    "Code",
    "Column",
    "Const",
    "Date",
    "Decimal",
    "Delimited",
    "Delta",
    "Drop",
    "EachRow",
    "Event",
    "Excel",
    "Feed",
    "FileDate",
    "Filled",
    "Fixed",
    "FixedWidth",
    "Footer",
    "Full",
    "Gzip",
    "Identify",
    "InScale",
    "Integer",
    "JsonLines",
    "Keep",
    "Key",
    "LatestOf",
    "NoSubject",
    "Ordered",
    "Parquet",
    "Rows",
    "Span",
    "SpanEnd",
    "Text",
    "UpTo",
    "Via",
    "Zip",
]

_DATE_FIELD = re.compile(r"\{date:(?P<format>[^}]+)\}")


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One kind of file that one agency sends; see `schemas/feeds` for examples.

    ``files`` is a glob over file names, with ``{date:%Y%m%d}`` where the name carries the as-of date.
    ``key`` names the columns that make a record of the agency unique; ``unused`` the headers that are
    delivered and deliberately not looked at; ``shares`` the key namespaces of other agencies that
    both contracts state as shared.
    """

    name: str
    title: str
    agency: str
    agreement: str
    files: str
    format: Format
    delivery: Full | Delta
    coverage: UpTo
    subject: Subject
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    timeline: tuple[Mapped, ...]
    expects: tuple[Expectation, ...] = ()
    rules: tuple[RowRule, ...] = ()
    unused: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse a contract that contradicts itself."""
        problem = next(contradictions(self), None)
        if problem:
            column, message = problem
            raise ContractError(self.name, column, message)

    def __hash__(self) -> int:
        """Hash by name and version, so that what is derived from a contract can be remembered."""
        return hash((self.name, self.version))

    def column(self, name: str) -> Column:
        """The column of that header; `ContractError` where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(self.name, name, "is not declared")

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the declared columns, in the order declared."""
        return tuple(column.name for column in self.columns)

    @property
    def conditions(self) -> tuple[RowRule, ...]:
        """The rules between columns: those stated, and that no span of the timeline ends before it starts."""
        spans = (mapped for mapped in self.timeline if isinstance(mapped, Span) and mapped.end is not None)
        implied = (Ordered(span.start, span.end) for span in spans if span.end is not None)
        return tuple(dict.fromkeys((*self.rules, *implied)))

    @property
    def namespaces(self) -> Mapping[str, tuple[str, ...]]:
        """Key namespace → its columns, in the order of their parts."""
        parts: dict[str, list[tuple[int, str]]] = {}
        for column in self.columns:
            for key in column.keys:
                parts.setdefault(key.namespace, []).append((key.part, column.name))
        return {namespace: tuple(name for _, name in sorted(columns)) for namespace, columns in parts.items()}

    @property
    def identifiers(self) -> Mapping[str, Identifier]:
        """Column → identifier field, for the columns that identify."""
        return {column.name: use.field for column in self.columns for use in column.identifies}

    def file_date(self, name: str) -> dt.date | None:
        """The as-of date that a file name carries; None where the name or the feed has none.

        It must read back as it was written: strptime takes ``202411`` for the first of January.
        """
        match = self.file_pattern.fullmatch(name)
        wanted = _DATE_FIELD.search(self.files)
        if match is None or wanted is None:
            return None
        try:
            date = dt.datetime.strptime(match["date"], wanted["format"])
        except ValueError:
            return None
        return date.date() if date.strftime(wanted["format"]).lower() == match["date"].lower() else None

    def matches(self, name: str) -> bool:
        """Whether a file of this name is of this feed."""
        return self.file_pattern.fullmatch(name) is not None and (
            _DATE_FIELD.search(self.files) is None or self.file_date(name) is not None
        )

    @property
    def file_pattern(self) -> re.Pattern[str]:
        """The compiled form of ``files``; group ``date`` is the date's text."""
        before, found, after = self.files, None, ""
        if match := _DATE_FIELD.search(self.files):
            before, found, after = self.files[: match.start()], match, self.files[match.end() :]
        glob = [re.escape(part).replace(r"\*", ".*").replace(r"\?", ".") for part in (before, after)]
        return re.compile(glob[0] + ("(?P<date>.+?)" if found else "") + glob[1], re.IGNORECASE)
