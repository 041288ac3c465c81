"""How exposure enters a study: four designs, of which each says until when it may look.

Assignment is ``random`` where a lottery decided, else ``chosen``: only the former may be called an effect.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from warehouse.study.facts import Condition
from warehouse.study.moments import Happens, Moment, Start

Assignment = Literal["random", "chosen"]
SAFE: Final = (
    "SingleArm() where everybody is counted, IntentionToTreat(by=…) on what is known at time zero (an offer, a "
    "referral, a lottery), TimeVarying(start=…) where exposure starts later, or Landmark(days=…, by=…), which drops "
    "those no longer at risk and starts the clock there"
)


@dataclass(frozen=True)
class SingleArm:
    """Everybody is counted, nobody is compared."""

    kind: str = field(default="single_arm", init=False)
    assignment: Assignment = field(default="chosen", init=False)


@dataclass(frozen=True)
class IntentionToTreat:
    """Two arms told apart by a condition known at time zero, whatever happens to the person later."""

    by: Condition
    assignment: Assignment = "chosen"
    words: str = ""
    kind: str = field(default="intention_to_treat", init=False)


@dataclass(frozen=True)
class TimeVarying:
    """Unexposed until the first such start, exposed from the next day on: an as-treated association.

    ``dose``: events whose numbers (minutes) add up to ``dose_so_far``.
    """

    start: Start | Happens
    dose: Happens | None = None
    words: str = ""
    kind: str = field(default="time_varying", init=False)
    assignment: Assignment = field(default="chosen", init=False)


@dataclass(frozen=True)
class Landmark:
    """Two arms told apart ``days`` after the index, among those still at risk; the clock starts there."""

    days: int
    by: Condition
    words: str = ""
    kind: str = field(default="landmark", init=False)
    assignment: Assignment = field(default="chosen", init=False)


Exposure = SingleArm | IntentionToTreat | TimeVarying | Landmark


def moment_of(exposure: Exposure) -> Moment | None:
    """The moments by which exposure is told; None where it is told by the record of the index or not at all."""
    if isinstance(exposure, SingleArm):
        return None
    if isinstance(exposure, TimeVarying):
        return exposure.start
    return getattr(exposure.by.fact, "of", None)
