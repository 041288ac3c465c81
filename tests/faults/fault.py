"""What a test of a fault says of itself; the page docs/faults.md is made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])

INVARIANTS: Final = {
    "C": "conservation: received = loaded + rejected + duplicate + quarantined",
    "I": "the same bytes loaded twice change nothing of the logical digest",
    "A": "nothing of a file is visible, or all of it",
    "P": "no identifier leaves the places that may hold it",
    "T": "one terminal state and one receipt per delivered file",
    "O": "the order of arrival does not change the logical digest",
}

ROWS: Final = {
    "killed": "Killed processes",
    "writing": "Half-written files, files that change while they are read",
    "cut": "Text cut in the middle of a row",
    "gzip": "Truncated gzip",
    "duplicate": "Duplicates, replays, renamed and recompressed copies",
    "version": "The same name with new content",
    "order": "Deltas permuted, repeated, with a gap",
    "clock": "Equal times, wrong clocks",
    "watchers": "Two watchers",
    "fields": "One extra field on each row",
    "quote": "Unclosed quotes",
    "nothing": "Names that look like nothing, leading zeros",
    "text": "Bytes and texts as nobody declared them",
    "hostile": "Bombs, paths, links, pipes, devices, nested archives",
    "workbook": "Hostile workbooks",
    "formula": "Formulas in cells",
    "space": "No space left",
    "away": "Stores that are away",
    "key": "Missing and wrong keys",
    "events": "Servers and events lost",
    "poison": "Poison files",
    "bits": "Flipped bits",
    "rotation": "Keys that rotate, people who are expunged meanwhile",
}
"""What can go wrong, in the order of the page."""


@dataclass(frozen=True)
class Fault:
    """A fault, what is expected of the pipeline, the letters of the invariants that the test checks, and its row."""

    name: str
    expected: str
    holds: str
    row: str


def withstands(name: str, expected: str, holds: str, row: str = "killed") -> Callable[[Test], Test]:
    """Say which fault a test is about; ``row`` is one of `ROWS`."""
    assert set(holds) <= set(INVARIANTS)
    assert row in ROWS

    def say(test: Test) -> Test:
        vars(test)["fault"] = Fault(name, expected, holds, row)
        return test

    return say
