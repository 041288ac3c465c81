"""HTML tables; every text is escaped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

WITHHELD: Final = '<span class="withheld" title="7 or fewer, or would reveal such a number">–</span>'


@dataclass(frozen=True)
class Heading:
    """A column: key in the rows, what stands over it, how a cell is written; numbers stand on the right."""

    key: str
    title: str
    write: Callable[[Any], str] = lambda value: escape(str(value))
    number: bool = False


def table(headings: Sequence[Heading], rows: Iterable[Mapping[str, Any]], caption: str) -> str:
    """A table that scrolls sideways on a narrow screen."""
    head = "".join(f'<th scope="col"{_class(heading)}>{escape(heading.title)}</th>' for heading in headings)
    body = "".join(
        f"<tr>{''.join(f'<td{_class(h)}>{h.write(row[h.key])}</td>' for h in headings)}</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def count(value: int | None) -> str:
    """A number with thin spaces, or that it is withheld."""
    return WITHHELD if value is None else f"{value:,}".replace(",", "\u202f")


def day(value: object) -> str:
    """A date, or nothing."""
    return "" if value is None else escape(str(value))


def percent(estimate: tuple[float, float | None, float | None] | None) -> str:
    """A share in whole per cent with its interval, or that it is withheld."""
    if estimate is None:
        return WITHHELD
    value, low, high = estimate
    interval = "" if low is None or high is None else f' <span class="interval">{low * 100:.0f}–{high * 100:.0f}</span>'
    return f"{value * 100:.0f}\u202f%{interval}"


def _class(heading: Heading) -> str:
    return ' class="number"' if heading.number else ""
