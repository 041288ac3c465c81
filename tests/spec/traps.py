"""The traps in which rates of recidivism are caught, and what answers each: ``python -m tests.spec.traps``."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Trap:
    """A trap: what goes wrong without care, what happens here, and where that is drawn or tested.

    ``drawn``: titles of cases in ``docs/outcomes.md`` or ``docs/timelines.md``; ``tests``: file and function.
    """

    name: str
    harm: str
    answer: str
    drawn: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


TRAPS: Final = (
    Trap(
        "A window in progress",
        "who was released last year has not had time to return: the rate falls by itself",
        "such a window is not observable: it is no \"no\", and an event in it stays out of the numerator too",
        drawn=("A window that has not run out is never a no",
               "An event in an immature window stays out of the numerator"),
    ),
    Trap(
        "Recidivists followed longer than the others",
        "who returns is seen again and again, who does not drops out of sight",
        "follow-up is coverage, never the person's own records; where those with the outcome could be followed longer "
        "all the same, the study says so",
        tests=("tests/spec/test_traps.py::test_that_those_who_return_could_be_followed_longer_is_said",),
    ),
    Trap(
        "Identical rows that are different people", "4,146 clients of a real export share one hash for name and number",
        "a shared or placeholder identifier links nobody",
        tests=("tests/whole/test_hmis.py::test_clients_with_one_hash_for_all_names_stay_different_people",),
    ),
    Trap(
        "Old charges filed after the index", "the court is slow: a filing after release is about an offence before it",
        "the clock runs to the offence; an offence before the index is flagged and not counted",
        drawn=("A filing after the index for an offence before it is an old charge: flagged, not counted",),
    ),
    Trap(
        "Technical returns", "a missed appointment counted as a new crime doubles some rates",
        "technical and new-offence returns are two outcomes, and each competes with the other",
        drawn=("Return to custody for a new offence and for technical reasons are two outcomes: "
               "each competes with the other",),
    ),
    Trap(
        "Re-opened spans", "the same supervision, closed and opened again, counts as two, or its gap as time served",
        "an episode of its own, and marked; the index stays the first",
        drawn=("A re-opened supervision is the same record with a later start: an episode of its own, and marked",
               "The index is a person's first supervision start inside coverage; later ones do not count again"),
    ),
    Trap(
        "A source that stops covering", "a court that stops sending has no crime",
        "nobody is observed across a gap, nor beyond the end",
        drawn=("A missing delivery is a gap, and nobody is observed across it",
               "Every court must cover the window: a new filing can come from any of them"),
    ),
    Trap(
        "Labels that drift between years", "a new word for the same thing is dropped, or guessed",
        "a label that the contract does not list is rejected by row, column and rule; many of them hold the delivery",
        tests=("tests/flows/test_ingest.py::test_labels_that_changed_since_the_last_delivery_are_held_not_guessed",),
    ),
    Trap(
        "Immortal time", "who joins a programme must have stayed out of trouble until then",
        "exposure starts on its day; a study that takes anything from after time zero is refused",
        drawn=("peer_support: a person is unexposed until the day of enrolment, and exposed from the next day on",),
        tests=("tests/spec/studies/test_refused.py::test_the_study_is_refused_and_the_error_names_part_and_reason",),
    ),
)  # fmt: skip

_HEAD: Final = """# Traps

Where rates of recidivism go wrong, what happens here instead, and the example or test that holds it.
"""


def document() -> str:
    """The page."""
    return "\n".join((_HEAD, *_lines())).rstrip("\n") + "\n"


def _lines() -> Iterator[str]:
    for trap in TRAPS:
        yield f"## {trap.name}\n"
        yield f"{trap.harm[0].upper()}{trap.harm[1:]}. **Here** {trap.answer}.\n"
        yield from (f"- drawn: {title}" for title in trap.drawn)
        yield from (f"- tested: `{test}`" for test in trap.tests)
        yield ""


if __name__ == "__main__":
    sys.stdout.write(document())
