"""The numbers and words that the measures agree on; what STANDARDS or a scale's authors set is said so."""

from collections.abc import Mapping
from typing import Final

RETENTION_DAYS: Final = (30, 90, 180)
"""Days after the start of an enrolment on which it is asked who is still there."""

LOOK_BACK_DAYS: Final = 30
"""Who is retained attended a session in so many days up to and including the day that is asked for."""

FOLLOW_UP_DAYS: Final = 90
"""A second score that has not come is missing only where so many days after the first one are covered."""

REFERRAL_DAYS: Final = 90
"""A referral has so many days to be accepted, attended and closed; younger ones are not observable."""

ACCESS_DAYS: Final = 180
"""Who begins supervision has so many days to enrol with a provider that records sessions."""

COMPLETION_DAYS: Final = 365
"""An enrolment has so many days to be completed."""

DISPOSITION_DAYS: Final = 365
"""A charge has so many days to be disposed of."""

MODULE_SHARE: Final = 0.75
"""A module is completed where at least this share of its sessions, as far as known, was attended."""

LARGEST_SESSION: Final = 60
"""More people than this in one session are an assembly: nobody there is said to know another."""

PRESENT: Final = ("attended", "late", "left_early")
RECEIVED: Final = (*PRESENT, "make_up")
"""Attendance codes that mean that the content was received; who made a session up was not in the room with the rest."""

SESSION_STATUSES: Final[Mapping[str, str]] = {
    "planned": "dated after what the feed covers: not due yet, counted nowhere",
    "cancelled": "cancelled by the programme: scheduled, not offered",
    "attended": "attended, if late or not to the end, or made up later",
    "excused": "absent with excuse: offered, shown apart",
    "absent": "absent without excuse",
    "unknown": "offered, and nobody knows: in no share, neither as a yes nor as a no",
}
RETENTION: Final[Mapping[str, str]] = {
    "retained": "enrolled on that day, and attended in the 30 days up to it",
    "lapsed": "enrolled on that day, but attended nothing in the 30 days up to it",
    "left": "the enrolment had ended, not by completion",
    "completed": "the enrolment had ended by completion",
    "died": "the person had died",
    "not_observable": "the day lies outside coverage, or all sessions of its 30 days were cancelled by the programme",
}
OBSERVED: Final[Mapping[str, str]] = {
    "yes": "it happened within the window",
    "no": "the window is covered, and it did not happen",
    "not_observable": "the window is not covered to its end",
}
FOLLOW_UP: Final[Mapping[str, str]] = {
    "yes": "scored again on a later day, with the same version of the scale",
    "other_version": "scored again with another version only: not compared",
    "no": "not scored again, though 90 days after the first score are covered",
    "not_observable": "not scored again, and fewer than 90 days after the first score are covered",
}
RESPONSES: Final[Mapping[str, str]] = {
    "improved": "better by a meaningful change or more",
    "worsened": "worse by a meaningful change or more",
    "unchanged": "no meaningful change",
}
COMPLETION: Final[Mapping[str, str]] = {
    "completed": "completed within a year",
    "ended": "ended otherwise within a year",
    "enrolled": "still enrolled after a year",
    "died": "died within a year, before the enrolment was completed",
    "not_observable": "a year after the start is not covered",
}
DISPOSED: Final[Mapping[str, str]] = {
    "diverted": "DU", "convicted": "GC, GJ, GP, GI, GU", "not_convicted": "NA, ND, NI, NM, NP, NU",
    "procedural": "PT, PU", "unknown": "UU, or no code", "open": "no disposition yet",
}  # fmt: skip

FACTORS: Final[Mapping[str, int]] = {"WHO-5": 4}
"""Scale → by what its raw score is multiplied: WHO-5 is read from 0 to 100 (WHO; Topp et al. 2015)."""
BETTER: Final[Mapping[str, int]] = {"WHO-5": 1, "BARC-10": 1, "MSPSS": 1, "K6": -1, "PHQ-9": -1}
"""Scale → 1 where more points are better, -1 where fewer are."""
MEANINGFUL: Final[Mapping[str, int]] = {"WHO-5": 10, "PHQ-9": 5}
"""Scale → least change, in points as read, that means something; the others have none that is agreed."""
CUT_OFFS: Final[Mapping[str, int]] = {"K6": 13, "PHQ-9": 10}
"""Scale → score from which on it says distress or depression (Kessler et al. 2003; Kroenke et al. 2001)."""


def listed(codes: tuple[str, ...]) -> str:
    """Codes as a list in SQL."""
    return ", ".join(f"'{code}'" for code in codes)


def per_scale(numbers: Mapping[str, int], column: str, otherwise: str = "NULL") -> str:
    """A CASE that gives each scale its number."""
    steps = " ".join(f"WHEN '{scale}' THEN {number}" for scale, number in numbers.items())
    return f"CASE {column} {steps} ELSE {otherwise} END"
