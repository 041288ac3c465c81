"""What is counted: the index, the outcomes, what competes with them, windows, lags and strata.

The unit is the person: each participant has one index, the **first supervision start that lies inside the
coverage of the feed that told it**. A participant supervised three times counts once; nothing that happens
after the index chooses or classifies anybody.
"""

from dataclasses import dataclass
from typing import Final, Literal

from warehouse.study.moments import Moment

INDEX_KIND: Final = "supervision_start"

WINDOWS: Final = (6, 12, 24)
"""Months from the index, start inclusive, end exclusive."""

ADJUDICATION_DAYS: Final = 183
"""A charge gets six months to be adjudicated before its absence from the convictions is believed."""

LOOK_BACK_MONTHS: Final = 24
"""Prior filings are counted over two years: the same length for everybody, within reach of most courts' files."""

REVOCATION_SLACK_DAYS: Final = 30
"""A supervision closed into custody is explained by a revocation up to this many days after the closing date."""

AGE_BANDS: Final = ((0, "under 18"), (18, "18-24"), (25, "25-34"), (35, "35-44"), (45, "45-54"), (55, "55 and over"))
"""Lowest age → band. Age is index year minus birth year: the day of birth is not in the warehouse."""

FILING_BANDS: Final = ((0, "0"), (1, "1"), (2, "2"), (3, "3 and more"))
"""Fewest filings → band. The case that led to the supervision counts, where it was filed in the look-back."""

Cause = Literal[
    "death", "transfer", "custody_new_offence", "custody_technical", "custody_other", "custody_unknown"
]  # fmt: skip

CAUSES: Final[dict[Cause, str]] = {
    "death": "the person died",
    "transfer": "supervision was transferred out and no other supervision went on",
    "custody_new_offence": "revoked to custody for a new offence",
    "custody_technical": "revoked to custody for technical reasons",
    "custody_other": "revoked to custody for another reason, or for something from before the index",
    "custody_unknown": "closed into custody or to a detainer, with no revocation that says why",
}

UNDECIDED: Final = ("PT", "PU", "UU")
"""Dispositions that decide nothing about a charge: they undo none that does."""

LEFT: Final[tuple[Cause, ...]] = ("death", "transfer")
NOT_A_NEW_OFFENCE: Final[tuple[Cause, ...]] = ("custody_technical", "custody_other", "custody_unknown")


@dataclass(frozen=True)
class Outcome:
    """One outcome: which kinds of fact must be covered, how long it matures, what competes.

    ``everywhere``: kinds that every feed supplying them must cover, because a new filing can come from any
    court. ``index_agency``: kinds for which the feeds of the index's own agency suffice, where the index is a
    supervision. ``maturation_days``: a floor under the lags that the feeds declare. ``moment``: what happens, where
    the outcome is no more than that something happens.
    """

    name: str
    meaning: str
    everywhere: tuple[str, ...]
    index_agency: tuple[str, ...]
    competing: tuple[Cause, ...]
    maturation_days: int = 0
    moment: Moment | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of fact without which nothing is known of it."""
        return (*self.everywhere, *self.index_agency)


def occurs(name: str, moment: Moment, meaning: str, competing: tuple[Cause, ...] = (), matures: int = 0) -> Outcome:
    """A simple outcome: such a moment after the index. The clock stops on its day; one on the index day is flagged.

    ``matures``: days before the absence of such a moment is believed, where that is more than the feeds' own lag.
    """
    return Outcome(name, meaning, (moment.kind,), (), competing, matures, moment)


RECHARGE: Final = Outcome(
    "recharge",
    "An offence dated after the index led to a filing; the clock stops on the day of the offence",
    everywhere=("charge",),
    index_agency=("supervision",),
    competing=LEFT + NOT_A_NEW_OFFENCE,
)
RECONVICTION: Final = Outcome(
    "reconviction",
    "An offence dated after the index led to a filing that ended in a conviction; the clock stops on the offence",
    everywhere=("charge", "disposition"),
    index_agency=("supervision",),
    competing=LEFT + NOT_A_NEW_OFFENCE,
    maturation_days=ADJUDICATION_DAYS,
)
CUSTODY_NEW_OFFENCE: Final = Outcome(
    "custody_new_offence",
    "The first return to custody was for a new offence; the clock stops on the incident that led to it",
    everywhere=(),
    index_agency=("supervision", "revocation"),
    competing=(*LEFT, *NOT_A_NEW_OFFENCE),
)
CUSTODY_TECHNICAL: Final = Outcome(
    "custody_technical",
    "The first return to custody was for technical reasons; the clock stops on the incident that led to it",
    everywhere=(),
    index_agency=("supervision", "revocation"),
    competing=(*LEFT, "custody_new_offence", "custody_other", "custody_unknown"),
)

OUTCOMES: Final = (RECHARGE, RECONVICTION, CUSTODY_NEW_OFFENCE, CUSTODY_TECHNICAL)
COURT_OUTCOMES: Final = (RECHARGE.name, RECONVICTION.name)

VALUES: Final[dict[str, str]] = {
    "event": "the outcome came first, inside the window",
    "no_event": "the window and the maturation lag are covered, and nothing came",
    "competing": "death, transfer or another cause came first, inside the window",
    "not_observable": "the sources do not cover the whole window and its lag, or do not allow a yes or a no",
}
FLAGS: Final[dict[str, str]] = {
    "same_day": "something that would lead to the outcome is dated on the index day: not counted",
    "old_offence": "a filing after the index is for an offence before it: not counted",
    "undated_offence": "a filing after the index has no offence date: neither a yes nor a no from there on",
    "died_before_index": "the records have the person die before the index",
    "late": "the outcome became known later than the window's end and its lag: younger windows cannot have such",
}
STRATA: Final[dict[str, str]] = {
    "overall": "everybody with an index",
    "age_band": "age at the index",
    "prior_filings": f"filings in the {LOOK_BACK_MONTHS} months before the index",
}
NOT_OBSERVABLE: Final = "not_observable"
UNKNOWN: Final = "unknown"
