"""Print the faults that tests withstand as a Markdown page: ``python -m tests.faults.document``."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from schemas.failpoint import FAILPOINTS
from tests.faults.fault import INVARIANTS, ROWS, Fault

FOLDER: Final = Path(__file__).parent
TORTURE: Final = FOLDER.parents[1] / "docs" / "torture.json"

INTRODUCTION: Final = """# Faults that change nothing

Each line is a test in `tests/faults/`, run on a real PostgreSQL: from the file in the intake to its receipt, unless
the test is about a part alone. `make test` runs them.
"""

NOT_BUILT: Final = """## Not built

- CSV and xlsx exports: nothing writes any, so there is no cell to neutralise. Cells that begin like a formula are
  stored as they came and reach no receipt.
- A row of the ledger that somebody changes in the database together with its receipt is noticed by nothing: the ledger
  is no chain. A row of the timeline is, once it was published.
"""


def document() -> str:
    """The whole page."""
    letters = [f"- **{letter}** {meaning}" for letter, meaning in INVARIANTS.items()]
    parts = [INTRODUCTION, *letters, "", *_rows(), *_failpoints(), *_torture(), NOT_BUILT]
    return "\n".join(parts).rstrip("\n") + "\n"


def faults() -> Iterator[tuple[str, Fault, bool]]:
    """Every test that says which fault it is about, with that, and whether it is known to fail."""
    for path in sorted(FOLDER.glob("test_*.py")):
        module = importlib.import_module(f"tests.faults.{path.stem}")
        for name, found in vars(module).items():
            fault = getattr(found, "fault", None) if name.lower().startswith("test") else None
            if isinstance(fault, Fault):
                yield name, fault, any(mark.name == "xfail" for mark in getattr(found, "pytestmark", []))


def _rows() -> Iterator[str]:
    tests = list(faults())
    for row, heading in ROWS.items():
        yield f"## {heading}\n"
        yield "| fault | expected | test | holds |\n|---|---|---|---|"
        for name, fault, fails in tests:
            if fault.row == row:
                expected = fault.expected + (" (**known defect**)" if fails else "")
                yield f"| {_cell(fault.name)} | {_cell(expected)} | `{name}` | {' '.join(fault.holds)} |"
        yield ""


def _failpoints() -> Iterator[str]:
    yield "## Failpoints\n"
    yield "A process is killed at each of them.\n"
    yield "| failpoint | what has happened | what comes next | in a transaction |\n|---|---|---|---|"
    for name, between in FAILPOINTS.items():
        yield f"| `{name}` | {between.done} | {between.next} | {'yes' if between.inside else ''} |"
    yield ""


def _torture() -> Iterator[str]:
    if not TORTURE.exists():
        return
    figures: dict[str, Any] = json.loads(TORTURE.read_text())
    yield "## The last run of `make torture`\n"
    yield "| figure | value |\n|---|---|"
    for name, value in figures.items():
        yield f"| {name.replace('_', ' ')} | {value:,} |" if isinstance(value, int) else f"| {name} | {value} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
