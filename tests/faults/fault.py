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


@dataclass(frozen=True)
class Fault:
    """A fault, what is expected of the pipeline, and the letters of the invariants that the test checks."""

    name: str
    expected: str
    holds: str


def withstands(name: str, expected: str, holds: str) -> Callable[[Test], Test]:
    """Say which fault a test is about."""
    assert set(holds) <= set(INVARIANTS)

    def say(test: Test) -> Test:
        vars(test)["fault"] = Fault(name, expected, holds)
        return test

    return say
