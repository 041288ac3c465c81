"""What the measures say, in drawn tables. `python -m tests.spec.measures.document` prints them as a document."""

from tests.spec.measures.court_cases import CASES, EQUITY, FIGURES_DRAWN
from tests.spec.measures.dose_cases import GAPS, LEDGER, RETENTION
from tests.spec.measures.drawing import Case
from tests.spec.measures.support_cases import CONDUCT, NETWORKS, RESOURCES, SCALES, SKILLS

CHAPTERS: dict[str, tuple[Case, ...]] = {
    "The ledger of sessions": LEDGER,
    "Retention": RETENTION,
    "The longest gap": GAPS,
    "Scales": SCALES,
    "Information and life skills": SKILLS,
    "Social networks": NETWORKS,
    "Accountability": CONDUCT,
    "Resources": RESOURCES,
    "Case outcomes": CASES,
    "Equity": EQUITY,
    "Figures": FIGURES_DRAWN,
}
