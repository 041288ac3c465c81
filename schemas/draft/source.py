"""A contract as the module that states it, laid out as the formatter would leave it."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from schemas.columns import Column, Date
from schemas.contract import Feed
from schemas.draft.header import word_list
from schemas.moments import Event
from schemas.terms import Deleted

WIDTH: Final = 120
_INDENT: Final = "    "

Notes = Mapping[str, Sequence[str]]
"""Field of the feed, or ``column <header>`` → what a person should look at there."""


def module_source(feed: Feed, notes: Notes, docstring: str) -> str:
    """The text of the module: docstring, imports, ``FEED``; notes stand as comments before what they are about."""
    used: set[str] = set()
    lines = ["FEED = Feed("]
    for field in dataclasses.fields(feed):
        value = getattr(feed, field.name)
        if field.default is not dataclasses.MISSING and value == field.default:
            continue
        lines += _comments(notes.get(field.name, ()), 1)
        if field.name == "columns":
            lines += _columns(feed, notes, used)
        else:
            lines += _laid_out(f"{field.name}=", value, 1, used)
    lines.append(")")
    imports = [] if "dt." not in "\n".join(lines) else ["import datetime as dt", ""]
    names = [*sorted({"Feed", *used}, key=str), ]  # fmt: skip
    one_line = f"from schemas.contract import {', '.join(names)}"
    if len(one_line) <= WIDTH:
        imports.append(one_line)
    else:
        imports += ["from schemas.contract import (", *(f"{_INDENT}{name}," for name in names), ")"]
    return "\n".join([f'"""{docstring}"""', "", *imports, "", *lines]) + "\n"


def _columns(feed: Feed, notes: Notes, used: set[str]) -> list[str]:
    lines = [f"{_INDENT}columns=("]
    for column in feed.columns:
        lines += _comments(notes.get(f"column {column.name}", ()), 2)
        lines += _laid_out("", column, 2, used)
    return [*lines, f"{_INDENT}),"]


def _comments(notes: Sequence[str], depth: int) -> list[str]:
    """Notes as comments, broken where they are longer than a line."""
    lines: list[str] = []
    for note in notes:
        start, rest = f"{_INDENT * depth}# review:", f"{_INDENT * depth}#"
        line = start
        for word in note.split(" "):
            if len(line) + 1 + len(word) > WIDTH and line not in (start, rest):
                lines.append(line)
                line = rest
            line += f" {word}"
        lines.append(line)
    return lines


def _laid_out(start: str, value: object, depth: int, used: set[str]) -> list[str]:
    """A value on one line where it fits with its comma, else each of its parts on lines of their own."""
    one_line = f"{_INDENT * depth}{start}{_written(value, used)},"
    parts = _parts(value)
    if len(one_line) <= WIDTH or not parts:
        return [one_line]
    opening, items, closing = parts
    lines = [f"{_INDENT * depth}{start}{_named(opening, used)}"]
    for name, item in items:
        lines += _laid_out(name, item, depth + 1, used)
    return [*lines, f"{_INDENT * depth}{closing},"]


def _named(opening: str, used: set[str]) -> str:
    if opening[:-1].isidentifier():
        used.add(opening[:-1])
    return opening


def _written(value: object, used: set[str]) -> str:
    """A value as an expression on one line."""
    match value:
        case str():
            return quoted(value)
        case dt.date():
            return f"dt.date({value.year}, {value.month}, {value.day})"
        case bool() | None | float():
            return repr(value)
        case int():
            return f"{value:_}" if abs(value) >= 10_000 else str(value)
    parts = _parts(value)
    if parts is None:
        return repr(value)
    opening, items, closing = parts
    inner = ", ".join(f"{name}{_written(item, used)}" for name, item in items)
    alone = "," if isinstance(value, tuple) and len(items) == 1 else ""
    return f"{_named(opening, used)}{inner}{alone}{closing}"


Parts = tuple[str, list[tuple[str, object]], str]


def _parts(value: object) -> Parts | None:
    """What a value begins with, the parts in it with their names, what it ends with; None where it has none."""
    match value:
        case tuple():
            return "(", [("", item) for item in value], ")"
        case Mapping():
            return "{", [(f"{quoted(key)}: ", item) for key, item in value.items()], "}"
        case Column():
            extra: list[tuple[str, object]] = [("null=", True)] if value.null else []
            extra += [("unit=", value.unit)] if value.unit else []
            shown = [value.name, value.type, value.meaning, *value.uses]
            return "Column(", [*(("", item) for item in shown), *extra], ")"
        case Date():
            items: list[tuple[str, object]] = [("", format) for format in value.formats]
            ends = value.open_end[0] if len(value.open_end) == 1 else value.open_end
            return "Date(", [*items, *([("open_end=", ends)] if ends else [])], ")"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}(", _arguments(value), ")"
    return None


_BY_PLACE: Final = word_list(
    "Text Integer Decimal Code Keep Identify Key Via LatestOf Fixed UpTo Rows Filled Accepted Ordered InScale "
    "Const Zip Gzip Event Span SpanEnd Deleted Fresh Known Unique Refers"
)
"""Classes whose first arguments are plain enough to go without their names."""


_PLAIN: Final = word_list(
    "kind max_length pattern low high codes field namespace part member format value column share first second scale "
    "score name"
)


def _arguments(value: object) -> list[tuple[str, object]]:
    """The arguments that differ from their defaults; those without a default by place."""
    items: list[tuple[str, object]] = []
    by_place = type(value).__name__ in _BY_PLACE
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        item = getattr(value, field.name)
        if _is_default(field, item):
            by_place = False
            continue
        named = not by_place or _is_named(value, field.name)
        by_place = by_place and not named
        items.append((f"{field.name}=" if named else "", item))
    return items


def _is_named(value: object, field: str) -> bool:
    """Whether an argument reads better with its name, as in the feeds written by hand."""
    if field == "as_" or (field == "codes" and isinstance(value, Deleted)):
        return True
    return field not in _PLAIN and not (field == "date" and not isinstance(value, Event))


def _is_default(field: "dataclasses.Field[object]", item: object) -> bool:
    if field.default is not dataclasses.MISSING:
        return item == field.default
    return field.default_factory is not dataclasses.MISSING and item == field.default_factory()


def quoted(text: str) -> str:
    """A text as the formatter writes it: in double quotes unless single ones need fewer signs; a pattern raw."""
    if "\\" in text and text.isprintable() and text.isascii() and '"' not in text and not text.endswith("\\"):
        return f'r"{text}"'
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = repr(text + "'\"")[1:-1]
    plain = escaped.replace("\\'", "'")[:-2]
    return quote + plain.replace(quote, "\\" + quote) + quote
