"""Print the measures and the drawn cases as a Markdown document: ``python -m tests.spec.measures.document``."""

import sys
from collections.abc import Iterator

from tests.spec.drawn import glossary, markdown
from tests.spec.measures.cases import CHAPTERS
from tests.spec.measures.drawing import EVERYTHING_COVERED, Case
from warehouse.measures.definitions import COMPLETION, FOLLOW_UP, OBSERVED, RETENTION, SESSION_STATUSES
from warehouse.measures.metric import INTERVALS
from warehouse.measures.sections import SECTIONS, meanings
from warehouse.measures.views import VIEWS

INTRODUCTION = """# Measures, and the dose behind them

What the files can say of each claim of peer support. For each measure a view has one row a participant, exact and
restricted; the table `measure` has the figures, with intervals. They describe: whether a programme did it, a study
asks. Windows are fixed, and who cannot be seen to the end of one is not observable, never a no.
"""
EXAMPLES = """Each sentence below is a test: the records go in, the rows of the view come out, all of them; of `measure`
those drawn. Where nobody is named, it is ann. Unless a table of coverage is drawn, the sources cover the following,
the last day excluded.
"""
WORDS = {
    "Session": SESSION_STATUSES, "Retention": RETENTION, "Within a window": OBSERVED, "Second score": FOLLOW_UP,
    "Completion": COMPLETION, "Intervals": INTERVALS,
}  # fmt: skip


def document() -> str:
    """The whole document."""
    return "\n".join([INTRODUCTION, *_figures(), *_views(), *_words(), *_examples()]) + "\n"


def _figures() -> Iterator[str]:
    yield from ("## Figures", "")
    for section in SECTIONS:
        yield from (f"**{section.title}** (`{section.view}`). {section.claim}: {section.meaning}", "")
        yield from ("| metric | what it says |", "|---|---|")
        for (measure, metric), meaning in meanings().items():
            if measure == section.measure:
                yield f"| `{metric}` | {meaning} |"
        yield ""


def _views() -> Iterator[str]:
    yield from ("## Views", "", "Columns, units and codes stand in the table `dictionary`.", "")
    yield from ("| view | one row for |", "|---|---|")
    yield from (f"| `{view.name}` | {view.meaning} |" for view in VIEWS)
    yield ""


def _words() -> Iterator[str]:
    yield from ("## Words", "")
    for title, codes in WORDS.items():
        yield from glossary(title, codes)


def _examples() -> Iterator[str]:
    yield from ("# By example", "", EXAMPLES, *markdown(EVERYTHING_COVERED), "")
    for title, cases in CHAPTERS.items():
        yield from (f"## {title}", "")
        for case in cases:
            yield from _case(case)


def _case(case: Case) -> Iterator[str]:
    yield from (f"**{case.holds}**", "")
    if case.coverage != EVERYTHING_COVERED:
        yield from (*markdown(case.coverage), "")
    yield from (*markdown(case.records), "", f"`{case.view}`:", "", *markdown(case.expected), "")


if __name__ == "__main__":
    sys.stdout.write(document())
