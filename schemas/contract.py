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
    Deleted,
    Delta,
    Drift,
    EachRow,
    Expectation,
    FileDate,
    Filled,
    Fixed,
    Fresh,
    Full,
    InScale,
    Kind,
    Known,
    LatestOf,
    ManifestRule,
    NoSubject,
    Ordered,
    Refers,
    RowRule,
    Rows,
    Sequence,
    Subject,
    Unique,
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
    "Deleted",
    "Delimited",
    "Delta",
    "Drift",
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
    "Fresh",
    "Full",
    "Gzip",
    "Identify",
    "InScale",
    "Integer",
    "JsonLines",
    "Keep",
    "Key",
    "Known",
    "LatestOf",
    "ManifestRule",
    "NoSubject",
    "Ordered",
    "Parquet",
    "Refers",
    "Rows",
    "Sequence",
    "Span",
    "SpanEnd",
    "Text",
    "Unique",
    "UpTo",
    "Via",
    "Zip",
]

_DATE_FIELD = re.compile(r"\{date:(?P<format>[^}]+)\}")
_FIELD = re.compile(r"(\{date:[^}]+\}|\{sequence\})")
_SEQUENCE = "{sequence}"


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One kind of file that one agency sends; see `schemas/feeds` for examples.

    ``files`` is a glob over file names, with ``{date:%Y%m%d}`` where the name carries the as-of date, and
    ``{sequence}`` where it carries the number of the delivery.
    ``key`` names the columns that make a record of the agency unique; ``unused`` the headers that are
    delivered and deliberately not looked at; ``shares`` the key namespaces of other agencies that
    both contracts state as shared; ``deleted`` how a row says that its record is no more.
    ``register``: the agency keeps a register, that is, each person has one number of the subject's namespace and no
    more: the linker never takes two of its numbers for one person. It holds for all feeds of the namespace.
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
    register: bool = False
    deleted: Deleted | None = None
    sequence: Sequence | None = None
    manifest: ManifestRule | None = None
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
    def kind(self) -> Kind:
        """What a delivery of the feed is, unless its manifest says otherwise."""
        return "full" if isinstance(self.delivery, Full) else "delta"

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """What is expected of a delivery: the terms stated, and those that every feed has unless it states others."""
        stated = any(isinstance(expectation, Drift) for expectation in self.expects)
        return self.expects if stated else (*self.expects, Drift())

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

    def file_sequence(self, name: str) -> int | None:
        """The number of the delivery that a file name carries; None where the name or the feed has none."""
        match = self.file_pattern.fullmatch(name)
        return int(match["sequence"]) if match is not None and _SEQUENCE in self.files else None

    def matches(self, name: str) -> bool:
        """Whether a file of this name is of this feed."""
        return self.file_pattern.fullmatch(name) is not None and (
            _DATE_FIELD.search(self.files) is None or self.file_date(name) is not None
        )

    @property
    def file_pattern(self) -> re.Pattern[str]:
        """The compiled form of ``files``; groups ``date`` and ``sequence`` are the texts of these."""
        parts = (_name_pattern(part) for part in _FIELD.split(self.files))
        return re.compile("".join(parts), re.IGNORECASE)


def _name_pattern(part: str) -> str:
    """A part of ``files`` as a regular expression."""
    if part == _SEQUENCE:
        return "(?P<sequence>[0-9]{1,18})"
    if _DATE_FIELD.fullmatch(part):
        return "(?P<date>.+?)"
    return re.escape(part).replace(r"\*", ".*").replace(r"\?", ".")
