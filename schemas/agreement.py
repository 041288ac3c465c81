"""A data-sharing agreement: who may send what until when, and how long it is kept where identifiers stand in clear."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import ContractError, DeliveryRefused, ThroughcareError

if TYPE_CHECKING:
    from schemas.contract import Feed


class AgreementError(ContractError):
    """An agreement contradicts itself; names agreement and term."""

    def __init__(self, agreement: str, term: str, problem: str) -> None:
        """Say which term of which agreement has which problem."""
        ThroughcareError.__init__(self, f"agreement {agreement}, {term!r}: {problem}")


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One agreement; see `schemas/agreements` for examples.

    It is in force from ``begins`` until ``ends``, both included (None: until it is ended). ``landing_days`` and
    ``quarantine_days``: how long a delivered file is kept after it has ended in a state, and one that could not be
    dealt with. ``signed``: each delivery must have a signed manifest beside it.
    """

    name: str
    title: str
    purpose: str
    agencies: tuple[str, ...]
    begins: dt.date
    ends: dt.date | None = None
    landing_days: int = 90
    quarantine_days: int = 30
    signed: bool = False

    def __post_init__(self) -> None:
        """Refuse an agreement that contradicts itself."""
        problem = next(_problems(self), None)
        if problem:
            raise AgreementError(self.name, *problem)

    @property
    def module(self) -> str:
        """The name of its module: the name with underscores."""
        return self.name.replace("-", "_")

    def check_in_force(self, day: dt.date) -> None:
        """Refuse what arrives on a day on which the agreement is not in force.

        Raises `DeliveryRefused` with code ``agreement_not_begun`` or ``agreement_ended``.
        """
        if day < self.begins:
            raise DeliveryRefused("agreement_not_begun")
        if self.ends is not None and day > self.ends:
            raise DeliveryRefused("agreement_ended")


def check_named(feed: "Feed", agreement: Agreement | None) -> None:
    """Refuse a feed whose agreement is not there, does not name its agency or demands more than the feed does."""
    if agreement is None:
        raise ContractError(feed.name, "agreement", f"{feed.agreement} is stated by no module of schemas/agreements")
    if feed.agency not in agreement.agencies:
        raise ContractError(feed.name, "agreement", f"{feed.agreement} does not name the agency {feed.agency}")
    if agreement.signed and not (feed.manifest and feed.manifest.demanded and feed.manifest.signed):
        raise ContractError(
            feed.name, "manifest", f"is not demanded and signed, as the agreement {agreement.name} says"
        )


def _problems(agreement: Agreement) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", agreement.name):
        yield "name", "must be lower case letters, digits and hyphens"
    if not agreement.agencies:
        yield "agencies", "names none"
    if len(set(agreement.agencies)) < len(agreement.agencies):
        yield "agencies", "names one twice"
    if not agreement.purpose.strip():
        yield "purpose", "is not stated"
    if agreement.ends is not None and agreement.ends < agreement.begins:
        yield "ends", "lies before it begins"
    for name in ("landing_days", "quarantine_days"):
        if getattr(agreement, name) < 1:
            yield name, "must be a day at least"
