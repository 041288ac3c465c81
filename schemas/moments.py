"""How a row becomes part of the timeline: events, spans and the ends of spans."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Const:
    """A literal code where a column name is expected."""

    value: str


@dataclass(frozen=True)
class Event:
    """A row becomes an event where ``date`` is filled.

    ``code``, ``number``, ``text`` name kept columns; ``record`` a `Key` namespace that groups records
    (a case, an enrolment); ``detail`` further kept columns, under the names that the typed view gives them.
    """

    kind: str
    date: str
    code: str | Const | None = None
    number: str | None = None
    text: str | None = None
    record: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that this mapping takes up."""
        named = (self.date, self.code, self.number, self.text)
        return (*(name for name in named if isinstance(name, str)), *self.detail.values())


@dataclass(frozen=True)
class Span:
    """A row becomes a span, start-inclusive and end-exclusive; without ``end`` a `SpanEnd` may close it."""

    kind: str
    start: str
    end: str | None = None
    code: str | Const | None = None
    number: str | None = None
    text: str | None = None
    record: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that this mapping takes up."""
        named = (self.start, self.end, self.code, self.number, self.text)
        return (*(name for name in named if isinstance(name, str)), *self.detail.values())


@dataclass(frozen=True)
class SpanEnd(Event):
    """A row ends the span of ``kind`` that has the same ``record``; stored as event ``<kind>_end``."""


Mapped = Event | Span | SpanEnd
