"""Print the drawn cases as a Markdown document: ``python -m tests.spec.outcomes.document``."""

import sys
from collections.abc import Iterator

from tests.spec.drawn import glossary, markdown
from tests.spec.outcomes.cases import CHAPTERS
from tests.spec.outcomes.drawing import EVERYTHING_COVERED, Case
from tests.spec.studies.cases import CHAPTERS as OF_STUDIES
from tests.spec.studies.drawing import ALL_COVERED
from tests.spec.studies.refused import IMMORTAL
from warehouse.outcomes.definitions import CAUSES, FLAGS, OUTCOMES, VALUES

INTRODUCTION = """# Outcomes, by example

The index is a person's first supervision start inside coverage. Each sentence below is a test: the records go in, the
rows come out. Unless a table of coverage is drawn, the sources cover the following, the last day excluded.
"""


STUDIES = """# Studies, by example

A study is one file in `warehouse/studies`. Each sentence is a test of a whole study: records in, rows of one of its
tables out. `risk_row` are the rows of its Cox model: at risk from just after `start` up to `stop`, in the study's unit
of time. Unless a table of coverage is drawn, these sources cover:
"""


def document() -> str:
    """The whole document."""
    outcomes = [INTRODUCTION, *markdown(EVERYTHING_COVERED), "", *_terms(), *_chapters()]
    return "\n".join([*outcomes, STUDIES, *markdown(ALL_COVERED), "", *_of_studies(), *_refused()]).rstrip() + "\n"


def _terms() -> Iterator[str]:
    words = {outcome.name: outcome.meaning for outcome in OUTCOMES}
    for title, meanings in (("Outcomes", words), ("Values", VALUES), ("Competing", CAUSES), ("Flags", FLAGS)):
        yield from glossary(title, meanings)


def _chapters() -> Iterator[str]:
    for title, cases in CHAPTERS.items():
        yield from (f"## {title}", "")
        for case in cases:
            yield from _case(case)


def _of_studies() -> Iterator[str]:
    for title, drawn in OF_STUDIES.items():
        yield from (f"## {title}", "")
        for case in drawn:
            yield from (f"**{case.holds}** (`{case.of}`)", "")
            for shown in (case.coverage, case.records, case.expected):
                if shown is not ALL_COVERED:
                    yield from (*markdown(shown), "")


def _refused() -> Iterator[str]:
    """What is refused, so that nobody need try."""
    yield from ("## Studies that are refused", "", "Each takes something from after its time zero:", "")
    yield from (f"- {refused.does} (`{refused.part}`)" for refused in IMMORTAL)


def _case(case: Case) -> Iterator[str]:
    yield from (f"**{case.holds}**", "")
    for drawn in (case.coverage, case.records, case.expected):
        if drawn is not EVERYTHING_COVERED:
            yield from (*markdown(drawn), "")


if __name__ == "__main__":
    sys.stdout.write(document())
