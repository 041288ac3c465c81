"""The sections in which the figures are shown: order, title, the claim that is tested, and what a figure says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from warehouse.measures.metrics import SOURCES


@dataclass(frozen=True)
class Section:
    """``measure`` is the value of that column in the table ``measure``, ``view`` the view of persons behind it."""

    measure: str
    title: str
    claim: str
    meaning: str
    view: str


SECTIONS: Final = (
    Section("dose", "Dose", "What was offered and what was received",
            "Sessions scheduled, offered, attended, excused, unknown, and hours by kind of content.", "dose"),
    Section("emotional_support", "Emotional support", "Peers give emotional support",
            "Hours of it, who stays, the longest gap, and scales from first to last with the share followed up.",
            "emotional_support"),
    Section("information", "Information and education", "Peers inform and educate",
            "Sessions of legal information and education attended of those offered, hours led by experts, kinds met.",
            "information"),
    Section("accountability", "Responsibility and accountability", "Members keep to what was agreed",
            "Appearances and contacts kept, negative tests, violation incidents per 100 supervised days, exits.",
            "accountability"),
    Section("life_skills", "Life skills", "Members learn skills for life",
            "Life-skills sessions and modules; times of employment and education where a feed tells them.",
            "life_skills"),
    Section("social_networks", "Social networks", "Members find people who stay",
            "People met in group sessions, whether they are met again, and sessions led by peers.", "social_networks"),
    Section("recidivism", "Recidivism", "Fewer come back",
            "Re-charge, re-conviction and return to custody by window, of those whose window can be observed.",
            "recidivism"),
    Section("resources", "Access to resources", "Members reach what they need",
            "Referrals accepted, attended and closed within 90 days, and the days between, by need.", "resources"),
    Section("equity", "Advocacy and equity", "Everybody gets in, and gets the same",
            "Access, dose, completion and re-charge by group, each group less all others, with the error of linkage.",
            "equity"),
    Section("case_outcomes", "Case outcomes", "Cases end better",
            "How charges are disposed of and when, failures to appear, sentences by kind and length, diversion.",
            "case_outcomes"),
)  # fmt: skip
"""In the order in which they are shown. Each figure describes; whether a programme did it, a study asks."""

_OF_THEIR_OWN: Final[Mapping[tuple[str, str], str]] = {
    ("accountability", "first_violation"): "A violation incident within 180 days of the first start of supervision, "
    "Kaplan and Meier's estimate, censored where supervision or coverage ends",
    ("equity", "links_missing"): "Links of the group's records that are expected to be missing: its events may be lost",
    ("equity", "links_wrong"): "Links of the group's records that are expected to join two people",
}
_GAP: Final = "The group less all other known groups. "


def meanings() -> dict[tuple[str, str], str]:
    """(measure, metric) → what the figure says, in one sentence; in the order of the table."""
    found = {(metric.measure, metric.name): metric.meaning for source in SOURCES for metric in source.metrics}
    gaps = {
        ("equity", f"{name}_gap"): _GAP + meaning for (measure, name), meaning in found.items() if measure == "equity"
    }
    return {**found, **gaps, **_OF_THEIR_OWN}
