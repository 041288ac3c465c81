"""What an agency is asked to send and what is made of it, in its own words: the content of a feed's sheet.

Texts mark what is meant literally by backticks, as markdown does.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.agreement import Agreement
from schemas.catalogue import agreements
from schemas.codes import ROW_RULES
from schemas.columns import Code, Column, Date, Decimal, Drop, Integer, Key, Text
from schemas.contract import Feed
from schemas.example import example_lines, example_name, example_rows
from schemas.formats import Delimited, FixedWidth, Gzip, JsonLines, Parquet, Unpacked, Zip
from schemas.terms import Fixed, InScale, Ordered
from schemas.words import (
    as_of_in_words,
    date_in_words,
    deletion_in_words,
    delivery_in_words,
    expectation_in_words,
    format_in_words,
    manifest_in_words,
    presence_in_words,
    rule_in_words,
    sequence_in_words,
    type_in_words,
    uses_in_words,
)

_SOME_DAY = dt.date(2025, 1, 31)
"""The day of the example where the contract names none."""

Row = tuple[str, ...]


@dataclass(frozen=True)
class Specification:
    """A feed for the people who send it; ``columns`` and ``codes`` are rows of tables with their heads."""

    feed: Feed
    facts: tuple[tuple[str, str], ...]
    column_head: Row
    columns: tuple[Row, ...]
    code_head: Row
    codes: tuple[Row, ...]
    order: str
    judged: str
    row_rules: tuple[str, ...]
    delivery_rules: tuple[str, ...]
    example_name: str
    example_lines: tuple[str, ...]
    example_rows: tuple[Row, ...]


def specification(feed: Feed) -> Specification:
    """All that a feed's sheet says."""
    agreement = agreements().get(feed.agreement)
    made = example_rows(feed)
    return Specification(
        feed=feed,
        facts=tuple(_facts(feed, agreement)),
        column_head=("Column", "Meaning", "Type", "Filled", "What becomes of it"),
        columns=tuple(_column(feed, column) for column in feed.columns),
        code_head=("Column", "As you write it", "As we read it"),
        codes=tuple(_codes(feed)),
        order="Each has its place in the line." if isinstance(_form(feed), FixedWidth) else "Their order is free.",
        judged="A row that breaks one of these rules is rejected as a whole, and named in the receipt by its number; "
        "the others are taken.",
        row_rules=tuple(_row_rules(feed)),
        delivery_rules=tuple(_delivery_rules(feed)),
        example_name=example_name(feed, example_day(feed)),
        example_lines=tuple(example_lines(feed)),
        example_rows=tuple(tuple(cell or "" for cell in row) for row in made.rows()),
    )


def _facts(feed: Feed, agreement: Agreement | None) -> Iterator[tuple[str, str]]:
    lag = f", with at most {feed.coverage.lag_days} days of delay" if feed.coverage.lag_days else ""
    yield "File", f"`{_file_in_words(feed)}`, for example `{example_name(feed, example_day(feed))}`"
    yield "Format", format_in_words(feed.format)
    yield "Delivery", delivery_in_words(feed.delivery)
    yield "Complete", f"from {feed.coverage.since.isoformat()} to {as_of_in_words(feed.coverage.date)}{lag}"
    yield "Key of a record", ", ".join(f"`{name}`" for name in feed.key)
    if feed.register and isinstance(feed.subject, Key):
        columns = ", ".join(f"`{name}`" for name in feed.namespaces[feed.subject.namespace])
        yield "Register", f"each person has one number ({columns}): two numbers are never taken for one person"
    if feed.sequence is not None:
        yield "Sequence", sequence_in_words(feed.sequence)
    if feed.manifest is not None:
        yield "Manifest", f"{manifest_in_words(feed.manifest)}: `{_file_in_words(feed)}.manifest.json`"
    if feed.deleted is not None:
        yield "Deleted records", deletion_in_words(feed.deleted)
    if agreement is not None:
        ends = f" until {agreement.ends.isoformat()}" if agreement.ends else ""
        kept = f"a delivered file is kept for {agreement.landing_days} days, encrypted"
        yield "Agreement", f"{agreement.title}, in force from {agreement.begins.isoformat()}{ends}; {kept}"
        yield "Purpose", agreement.purpose


def _file_in_words(feed: Feed) -> str:
    name = re.sub(r"\{date:([^}]+)\}", lambda found: date_in_words(found[1]), feed.files)
    return name.replace("{sequence}", "N")


def example_day(feed: Feed) -> dt.date:
    """The as-of date of the example file."""
    return feed.coverage.date.date if isinstance(feed.coverage.date, Fixed) else max(_SOME_DAY, feed.coverage.since)


def _column(feed: Feed, column: Column) -> Row:
    kind = "one of the codes below" if isinstance(column.type, Code) else type_in_words(column.type)
    unit = f" ({column.unit})" if column.unit else ""
    return (
        f"`{column.name}`",
        column.meaning,
        kind + unit + _place(feed, column.name),
        presence_in_words(feed, column),
        uses_in_words(feed, column),
    )


def _form(feed: Feed) -> Unpacked:
    return feed.format.format if isinstance(feed.format, Gzip | Zip) else feed.format


def _place(feed: Feed, name: str) -> str:
    """Where a field stands in a line of fixed width."""
    form = _form(feed)
    places = form.fields if isinstance(form, FixedWidth) else ()
    return "".join(f"; characters {start} to {start + width - 1}" for field, start, width in places if field == name)


def _codes(feed: Feed) -> Iterator[Row]:
    for column in feed.columns:
        if isinstance(column.type, Code):
            yield from ((f"`{column.name}`", f"`{text}`", f"`{code}`") for text, code in column.type.codes.items())


def _row_rules(feed: Feed) -> Iterator[str]:
    """The rules that a row of this feed may break, each with where it applies."""
    for rule in _rules_of_the_file(feed):
        yield f"{_sentence(ROW_RULES[rule])} (`{rule}`)."
    judged = [column for column in feed.columns if not any(isinstance(use, Drop) for use in column.uses)]
    for rule, columns in _rules_of_cells(judged):
        if columns:
            yield f"{_sentence(ROW_RULES[rule])} (`{rule}`): {', '.join(f'`{name}`' for name in columns)}."
    yield from (f"{_sentence(rule_in_words(rule))} (`{_rule_name(rule)}`)." for rule in feed.conditions)
    key = ", ".join(f"`{name}`" for name in feed.key)
    told = f"Rows that share their key ({key}) and differ are all rejected (`duplicate_key`)"
    yield f"{told}; exact repetitions count once."


def _rules_of_the_file(feed: Feed) -> Iterator[str]:
    form = _form(feed)
    if isinstance(form, Delimited | FixedWidth):
        yield "field_count"
    if isinstance(form, FixedWidth):
        yield "outside_fields"
    if isinstance(form, JsonLines):
        yield from ("bad_json", "nested_value", "repeated_key")
    if isinstance(form, Delimited | FixedWidth | JsonLines):
        yield "bad_encoding"
    if isinstance(form, Delimited | FixedWidth | JsonLines | Parquet):
        yield "nul_byte"


def _rules_of_cells(columns: list[Column]) -> Iterator[tuple[str, list[str]]]:
    """Cell rule → the columns that may break it."""

    def of(*types: type) -> list[Column]:
        return [column for column in columns if isinstance(column.type, types)]

    def named(found: list[Column]) -> list[str]:
        return [column.name for column in found]

    yield "missing", [column.name for column in columns if not column.null]
    yield "control_character", named(of(Text))
    yield "too_long", named(of(Text))
    yield "pattern", [column.name for column in columns if isinstance(column.type, Text) and column.type.pattern]
    yield "not_a_number", named(of(Integer, Decimal))
    yield "out_of_range", named([column for column in of(Integer, Decimal) if _is_bounded(column)])
    yield "not_a_date", named(of(Date))
    yield "unknown_code", named(of(Code))


def _is_bounded(column: Column) -> bool:
    return isinstance(column.type, Integer | Decimal) and (column.type.low, column.type.high) != (None, None)


def _rule_name(rule: Ordered | InScale) -> str:
    return "date_order" if isinstance(rule, Ordered) else "score_out_of_scale"


def _delivery_rules(feed: Feed) -> Iterator[str]:
    """What is expected of a file as a whole."""
    if feed.manifest is not None:
        yield "The manifest says what the file has: bytes, digest, rows; a file that differs is refused."
    if feed.sequence is not None:
        yield f"Deliveries are {sequence_in_words(feed.sequence)}."
    yield from (f"{_sentence(expectation_in_words(expectation))}." for expectation in feed.expectations)
    yield "A delivery that is held waits for a person: you are asked, and nothing of it is used meanwhile."
    yield "A column that is missing, or that is not listed here, refuses the file."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
