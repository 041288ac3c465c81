"""HTML tables; every text is escaped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any, Final

from markupsafe import Markup, escape

from warehouse.disclosure.shares import Share

WITHHELD: Final = Markup('<abbr title="withheld: 7 or fewer, or would reveal such a number">–</abbr>')
_THIN: Final = "\u202f"


@dataclass(frozen=True)
class Heading:
    """A column: key in the rows, what stands over it, how a cell is written; numbers stand on the right.

    What ``write`` gives is escaped unless it is markup.

    ``names``: the cells name their rows; one that says what the row before said is there for readers by ear only.
    """

    key: str
    title: str
    write: Callable[[Any], str] = escape
    number: bool = False
    names: bool = False
    wraps: bool = False


def table(headings: Sequence[Heading], rows: Iterable[Mapping[str, Any]], caption: str) -> Markup:
    """A table that scrolls sideways on a narrow screen, by keyboard too."""
    head = "".join(
        f'<th scope="col"{_class(heading)}>{escape(heading.title)}</th>' if heading.title else "<td></td>"
        for heading in headings
    )
    body, before = [], None
    for row in rows:
        body.append(f"<tr>{''.join(_cell(heading, row, before) for heading in headings)}</tr>")
        before = row
    return Markup(
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(caption)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def count(value: int | None) -> str:
    """A number with thin spaces, or that it is withheld."""
    return WITHHELD if value is None else f"{value:,}".replace(",", _THIN)


def day(value: object) -> str:
    """A date, or nothing."""
    return "" if value is None else escape(str(value))


def percent(share: Share | None) -> str:
    """A share in whole per cent with its interval, or that it is withheld."""
    return WITHHELD if share is None else _per_cent(share, 0)


def tenths(share: Share | None) -> str:
    """A small share in per cent with one decimal and its interval, or that it is withheld."""
    return WITHHELD if share is None else _per_cent(share, 1)


def ratio(estimate: Share | None) -> str:
    """A ratio or a difference with two decimals and its interval, or that it is withheld."""
    if estimate is None:
        return WITHHELD
    value, low, high = estimate
    return f"{value:.2f}" + _interval(low, high, form="{:.2f}")


def significant(estimate: Share) -> str:
    """A figure with its interval, with two digits that say something."""
    value, low, high = estimate
    limits = (None if side is None else _two_digits(side) for side in (low, high))
    return _two_digits(value) + _interval(*limits, form="{}")


def _two_digits(value: float) -> str:
    digits = 1 - floor(log10(abs(value))) if value else 0
    return f"{round(value, digits):,.{max(digits, 0)}f}".replace(",", _THIN).replace("-", "−")


def decimal(value: float | None) -> str:
    """A number with one decimal, or that it is withheld."""
    return WITHHELD if value is None else f"{value:,.1f}".replace(",", _THIN)


def _per_cent(share: Share, digits: int) -> str:
    value, low, high = share
    per_cent = f"{{:.{digits}f}}"
    limits = (None if side is None else side * 100 for side in (low, high))
    return f"{value * 100:.{digits}f}{_THIN}%" + _interval(*limits, form=per_cent)


def _interval(low: float | str | None, high: float | str | None, *, form: str) -> Markup:
    if low is None or high is None:
        return Markup()
    return Markup(f' <span class="interval">{form.format(low)}–{form.format(high)}</span>')


def _cell(heading: Heading, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    text = escape(heading.write(row[heading.key]))
    if not heading.names:
        return f"<td{_class(heading)}>{text}</td>"
    if before is not None and before[heading.key] == row[heading.key]:
        return f'<th scope="row"><span class="sr">{text}</span></th>'
    return f'<th scope="row" class="begins{" wraps" if heading.wraps else ""}">{text}</th>'


def _class(heading: Heading) -> str:
    named = [name for name, given in (("number", heading.number), ("wraps", heading.wraps)) if given]
    return f' class="{" ".join(named)}"' if named else ""
