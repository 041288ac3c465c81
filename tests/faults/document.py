"""Print the faults that tests withstand as a Markdown page: ``python -m tests.faults.document``."""

import sys
from collections.abc import Iterator
from types import ModuleType

from tests.faults import test_files, test_kills, test_stores
from tests.faults.fault import INVARIANTS, Fault

MODULES = (test_kills, test_files, test_stores)

INTRODUCTION = """# Faults that change nothing

Each line is a test in `tests/faults/`, run from the file in the intake to its receipt on a real PostgreSQL.
"""


def document() -> str:
    """The whole page."""
    letters = [f"- **{letter}** {meaning}" for letter, meaning in INVARIANTS.items()]
    head = ["", "| fault | expected | test | holds |", "|---|---|---|---|"]
    return "\n".join([INTRODUCTION, *letters, *head, *_lines()]) + "\n"


def faults(module: ModuleType) -> Iterator[tuple[str, Fault]]:
    """Every test of a module and the fault it is about, in the order of the module."""
    for name, found in vars(module).items():
        if name.startswith("test_"):
            yield name, found.fault


def _lines() -> Iterator[str]:
    for module in MODULES:
        for name, fault in faults(module):
            known = [mark for mark in getattr(vars(module)[name], "pytestmark", []) if mark.name == "xfail"]
            expected = fault.expected + (" (**known defect**)" if known else "")
            yield f"| {fault.name} | {expected} | `{name}` | {' '.join(fault.holds)} |"


if __name__ == "__main__":
    sys.stdout.write(document())
