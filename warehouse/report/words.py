"""How the report calls outcomes, arms and strata."""

from typing import Final

TITLES: Final = {
    "recharge": "Re-charge",
    "reconviction": "Re-conviction",
    "custody_new_offence": "Return to custody, new offence",
    "custody_technical": "Return to custody, technical",
}
STRATA: Final = {
    "age_band": "Age at the start",
    "prior_filings": "Filings in the two years before",
    "overall": "Everybody",
}
ARMS: Final = {"all": "everybody", "exposed": "exposed", "unexposed": "not exposed"}
_LAST: Final = ("unknown", "not_observable", "not observable")


def title(outcome: str) -> str:
    """An outcome as a heading."""
    return TITLES.get(outcome, spaced(outcome).capitalize())


def stratum_title(kind: str) -> str:
    """A way of dividing people as a heading."""
    return STRATA.get(kind, spaced(kind).capitalize())


def spaced(name: str) -> str:
    """A code as words."""
    return name.replace("_", " ")


def outcome_rank(outcome: str) -> tuple[int, str]:
    """Where an outcome stands: those of the standard first, in their order."""
    known = list(TITLES)
    return (known.index(outcome) if outcome in known else len(known)), outcome


def stratum_rank(stratum: str) -> tuple[int, str]:
    """Where a stratum stands: by name, with what is not known last."""
    return {"under 18": 0, **dict.fromkeys(_LAST, 2)}.get(stratum, 1), stratum
