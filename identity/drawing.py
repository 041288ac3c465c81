"""How a question looks on the reviewer's screen. All that colour says, a word or a sign says too."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from identity.case import Case, Step
from identity.records import Delivered
from identity.waterfall import EMPTY, PRIOR

FIELDS: Final = (
    "full_name", "given_name", "middle_name", "surname", "suffix", "alias", "birth_date", "sex", "race", "ssn",
    "ssn_last4", "state_id", "fbi_number", "licence", "address", "city", "zip", "phone", "email",
)  # fmt: skip
"""The order in which fields are shown; any other comes after them."""

_BAR: Final = 24
_SAME, _DIFFERS = "same", "differs"


def question(case: Case, place: int, count: int) -> RenderableType:
    """The whole question."""
    asked = "Are these two persons one?" if case.item.kind == "join" else "Is this person two?"
    head = Text(f"{place} of {count}   {asked}", style="bold")
    parts: list[RenderableType] = [head, Text(), _side_by_side(case), Text(), _waterfall(case), Text()]
    parts.append(Text(f"If {'the same' if case.item.kind == 'join' else 'different'}: {case.consequence.text()}"))
    if case.hidden:
        parts.append(Text(f"{case.hidden} more records are not shown"))
    return Group(*parts)


def records(shown: Sequence[tuple[str, Delivered]]) -> RenderableType:
    """Records one below the other, each with its label: field by field as delivered."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("record", "field", "says"):
        table.add_column(title)
    for label, record in shown:
        for name in _ordered(record.says):
            table.add_row(label, name, _clean("; ".join(record.says[name])))
    return table


def _side_by_side(case: Case) -> Table:
    """What the two say that stand for the sides; below it what other records of the side say otherwise."""
    left, right = case.left[0], case.right[0]
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("field", no_wrap=True)
    table.add_column("left", ratio=1, overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("right", ratio=1, overflow="fold")
    table.add_row("agency", _clean(left.agency), "", _clean(right.agency))
    table.add_row("records", f"{len(case.left)}", "", f"{len(case.right)}")
    for name in _ordered({field for record in (*case.left, *case.right) for field in record.says}):
        mark = _mark(left.says.get(name), right.says.get(name))
        style = {"same": "green", "differs": "yellow"}.get(mark, "")
        table.add_row(name, _said(case.left, name), Text(mark, style=style), _said(case.right, name))
    return table


def _said(side: Sequence[Delivered], name: str) -> Text:
    first = side[0].says.get(name, ())
    text = _clean("; ".join(first))
    known = {value.casefold() for value in first}
    others = [value for record in side[1:] for value in record.says.get(name, ()) if value.casefold() not in known]
    for value in dict.fromkeys(others):
        text.append_text(_clean(f"\nalso {value}", keep="\n"))
    return text


def _mark(left: Sequence[str] | None, right: Sequence[str] | None) -> str:
    if not left or not right:
        return ""
    return _SAME if {v.casefold() for v in left} & {v.casefold() for v in right} else _DIFFERS


def _waterfall(case: Case) -> Table:
    """A bar for each step: ``+`` speaks for one person, ``-`` against; the last line is the sum."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("comparison")
    table.add_column("level")
    table.add_column("bits", justify="right")
    table.add_column("sum", justify="right")
    table.add_column("")
    widest = max(abs(step.bits) for step in case.steps) or 1.0
    total = 0.0
    for step in case.steps:
        total += step.bits
        if step.level != EMPTY:
            table.add_row(step.comparison, _level(step), f"{step.bits:+.1f}", f"{total:+.1f}", _bar(step.bits, widest))
    probability = 1 / (1 + 2 ** -min(max(case.weight, -60.0), 60.0))
    said = f"one person with probability {probability:.4f}, says the model"
    table.add_row("weight", "", f"{case.weight:+.1f}", "", Text(said + ("; a rule forbids it" if case.vetoed else "")))
    return table


def _level(step: Step) -> str:
    if step.comparison == PRIOR:
        return "any two records"
    return f"{step.level}, rarity {step.rarity:+.1f}" if step.rarity else step.level


def _bar(bits: float, widest: float) -> Text:
    length = max(round(abs(bits) / widest * _BAR), 1)
    return Text("+" * length, style="green") if bits > 0 else Text("-" * length, style="red")


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (FIELDS.index(name) if name in FIELDS else len(FIELDS), name))


def _clean(text: str, keep: str = "") -> Text:
    """A text as agencies wrote it; what would move the cursor or turn the line around is shown as a question mark."""
    return Text("".join(c if c.isprintable() or c in keep else "?" for c in text))
