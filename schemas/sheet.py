"""The specification sheet of a feed: what its agency is asked to send, as markdown."""

import re
from collections.abc import Iterable

from schemas.columns import Code, Column
from schemas.contract import Feed
from schemas.formats import Delimited, Excel
from schemas.synthetic import rows
from schemas.words import (
    as_of_in_words,
    date_in_words,
    delivery_in_words,
    expectation_in_words,
    format_in_words,
    presence_in_words,
    rule_in_words,
    type_in_words,
    use_in_words,
)


def sheet(feed: Feed) -> str:
    """The sheet; its example row is made up and about nobody."""
    parts = [_head(feed), _columns(feed), _codes(feed), _conditions(feed), _unused(feed), _example(feed)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(feed: Feed) -> str:
    name = re.sub(r"\{date:([^}]+)\}", lambda found: date_in_words(found[1]), feed.files)
    lag = f", with at most {feed.coverage.lag_days} days of delay" if feed.coverage.lag_days else ""
    return "\n".join([
        f"# {feed.title}",
        "",
        f"Feed `{feed.name}`, version {feed.version}, agency `{feed.agency}`, agreement `{feed.agreement}`.",
        "",
        f"- **File**: `{name}`",
        f"- **Format**: {format_in_words(feed.format)}",
        f"- **Delivery**: {delivery_in_words(feed.delivery)}",
        f"- **Complete** from {feed.coverage.since.isoformat()} to {as_of_in_words(feed.coverage.date)}{lag}",
        f"- **Key of a record**: {', '.join(f'`{name}`' for name in feed.key)}",
    ])  # fmt: skip


def _columns(feed: Feed) -> str:
    head = ("Column", "Meaning", "Type", "Filled", "What becomes of it")
    return "## Columns\n\nTheir order is free.\n\n" + _table(head, (_column(feed, column) for column in feed.columns))


def _column(feed: Feed, column: Column) -> tuple[str, ...]:
    kind = "one of the codes below" if isinstance(column.type, Code) else type_in_words(column.type)
    unit = f" ({column.unit})" if column.unit else ""
    uses = "; ".join(use_in_words(use) for use in column.uses)
    return f"`{column.name}`", column.meaning, kind + unit, presence_in_words(feed, column), uses


def _codes(feed: Feed) -> str:
    coded = [(column.name, column.type.codes) for column in feed.columns if isinstance(column.type, Code)]
    if not coded:
        return ""
    listed = [(f"`{name}`", f"`{text}`", f"`{code}`") for name, codes in coded for text, code in codes.items()]
    head = ("Column", "As you write it", "As we read it")
    return "## Codes\n\nAny other text rejects the row.\n\n" + _table(head, listed)


def _conditions(feed: Feed) -> str:
    conditions = [rule_in_words(rule) for rule in feed.conditions]
    conditions += [expectation_in_words(expectation) for expectation in feed.expects]
    return "## Conditions\n\n" + "\n".join(f"- {condition}" for condition in conditions) if conditions else ""


def _unused(feed: Feed) -> str:
    if not feed.unused:
        return ""
    return "## May be delivered, is not looked at\n\n" + ", ".join(f"`{name}`" for name in feed.unused)


def _example(feed: Feed) -> str:
    made_up = rows(feed, 1, seed=1).drop("row_number")
    cells = [cell or "" for cell in made_up.row(0)]
    form = feed.format if isinstance(feed.format, Delimited | Excel) else feed.format.format
    if isinstance(form, Excel):
        return "## Example, made up\n\n" + _table(feed.headers, [cells])
    lines = [_line(line, form) for line in (list(feed.headers), cells)]
    return "## Example, made up\n\n```\n" + "\n".join(lines if form.header else lines[1:]) + "\n```"


def _line(cells: list[str], form: Delimited) -> str:
    def written(cell: str) -> str:
        if form.quote and (form.separator in cell or form.quote in cell):
            return form.quote + cell.replace(form.quote, form.quote * 2) + form.quote
        return cell

    return form.separator.join(map(written, cells))


def _table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A markdown table; a bar in a cell is escaped."""
    head = tuple(head)
    body = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])
