"""The specification sheet of a feed: what its agency is asked to send, as markdown and as a page to print."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from schemas.contract import Feed
from schemas.example import example, example_name
from schemas.specification import Specification, specification
from schemas.templates import environment

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["example", "example_name", "page", "sheet"]

_LITERAL = re.compile(r"(`[^`]+`)")


def sheet(feed: Feed) -> str:
    """The sheet as markdown; its example is made up and about nobody."""
    said = specification(feed)
    parts = [_head(said), _columns(said), _codes(said), _rules(said), _unused(feed), _example(said)]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(feed: Feed) -> str:
    """The sheet as one page of HTML that needs nothing beside itself: no script, no picture, no network."""
    said = specification(feed)
    return _template().render(feed=feed, said=said, headers=feed.headers)


@lru_cache
def _template() -> "Template":
    from markupsafe import Markup, escape

    def literal(text: str) -> Markup:
        """What stands in backticks as code."""
        pieces = _LITERAL.split(text)
        return Markup().join(
            Markup("<code>{}</code>").format(piece.strip("`"))
            if piece.startswith("`") and len(piece) > 1
            else escape(piece)
            for piece in pieces
        )

    pages = environment(__file__)
    pages.filters["literal"] = literal
    return pages.get_template("sheet.html")


def _head(said: Specification) -> str:
    feed = said.feed
    facts = [f"- **{term}**: {text}" for term, text in said.facts]
    about = f"Feed `{feed.name}`, version {feed.version}, agency `{feed.agency}`, agreement `{feed.agreement}`."
    return "\n".join([f"# {feed.title}", "", about, "", *facts])


def _columns(said: Specification) -> str:
    return f"## Columns\n\n{said.order}\n\n" + _table(said.column_head, said.columns)


def _codes(said: Specification) -> str:
    return "## Codes\n\nAny other text rejects the row.\n\n" + _table(said.code_head, said.codes) if said.codes else ""


def _rules(said: Specification) -> str:
    rows = "\n".join(f"- {rule}" for rule in said.row_rules)
    whole = "\n".join(f"- {rule}" for rule in said.delivery_rules)
    return f"## What is checked in each row\n\n{said.judged}\n\n{rows}\n\n## What is expected of a delivery\n\n{whole}"


def _unused(feed: Feed) -> str:
    if not feed.unused:
        return ""
    return "## May be delivered, is not looked at\n\n" + ", ".join(f"`{name}`" for name in feed.unused)


def _example(said: Specification) -> str:
    told = f"## Example, made up\n\n`{said.example_name}`\n\n"
    if not said.example_lines:
        return told + _table(said.feed.headers, said.example_rows)
    return told + "```\n" + "\n".join(said.example_lines) + "\n```"


def _table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A markdown table; a bar in a cell is escaped."""
    head = tuple(head)
    body = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])
