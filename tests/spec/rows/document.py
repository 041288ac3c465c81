"""Print the drawn cells as a Markdown document: ``python -m tests.spec.rows.document``."""

import sys
from collections.abc import Iterator
from itertools import groupby

from schemas.codes import ROW_RULES
from schemas.words import type_in_words
from tests.spec.rows.cases import CELLS, NULL

INTRODUCTION = """# Cells, by example

Each line is a test: a text in a cell of that type has the value, or breaks the rule and rejects its row.
"""


def document() -> str:
    """The whole document."""
    rules = [f"- `{rule}`: {meaning}" for rule, meaning in ROW_RULES.items()]
    return "\n".join([INTRODUCTION, *rules, "", *_types()]) + "\n"


def _types() -> Iterator[str]:
    for words, cells in groupby(CELLS, key=lambda cell: type_in_words(cell[0])):
        yield from (f"## {words[0].upper()}{words[1:]}", "", "| text | value | rule |", "|---|---|---|")
        for _, text, expected in cells:
            yield f"| {_shown(text)} | " + (
                f" | `{expected}` |" if expected in ROW_RULES else f"{_shown(expected)} | |"
            )
        yield ""


def _shown(value: object) -> str:
    if value is None or value is NULL:
        return "empty"
    escaped = ascii(value)[1:-1] if isinstance(value, str) and not value.isprintable() else str(value)
    return f"`{escaped[:40]}`".replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
