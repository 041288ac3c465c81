"""Print the drawn cases as a Markdown document: ``python -m tests.spec.timeline.document > docs/timelines.md``."""

import sys
from collections.abc import Iterator, Mapping

from tests.spec.drawn import glossary, markdown, table
from tests.spec.timeline.cases import CHAPTERS
from tests.spec.timeline.drawing import Case
from warehouse.timeline.episodes import BRIDGED_DAYS, EPISODE, HOW
from warehouse.timeline.flags import FLAGS, TIMELINE_FLAG
from warehouse.timeline.gaps import COVERAGE_GAP

INTRODUCTION = """# Timelines, by example

`event` and `span` say what each record says. Three views of the snapshot say what follows from them together.
**`episode`**: how long each thing lasted, whoever told it. **`timeline_flag`**: records that cannot stand in the order
in which they are told; they stay, and the agency can be asked. **`coverage_gap`**: days between deliveries for which a
feed is complete for nothing. Dates are calendar dates; spans include their first day and exclude their last. What was
known on an earlier day is told by `event_as_of('2024-01-31')` and the like: see
[decision 19](decisions/0019-what-a-day-means-for-what-was-known.md).

Each sentence below is a test: the records go in, exactly these rows come out. An empty cell is a null; where no
person or agency is drawn there is one. The rows of a drawn file are numbered from 2, as a spreadsheet shows them.
"""


def document() -> str:
    """The whole document."""
    return "\n".join([INTRODUCTION, *_words(), *_chapters()]) + "\n"


def _words() -> Iterator[str]:
    bridged = {kind: days for kind, days in BRIDGED_DAYS.items() if days}
    told = ", ".join(f"{kind}: {days} days" for kind, days in bridged.items()) or "no gap of any kind"
    flags = {flag.name: flag.meaning for flag in FLAGS}
    listed: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("Columns of `episode`", EPISODE),
        ("How spans come together", HOW),
        ("Columns of `timeline_flag`", TIMELINE_FLAG),
        ("Flags", flags),
        ("Columns of `coverage_gap`", COVERAGE_GAP),
    )
    for title, meanings in listed:
        yield from glossary(title, meanings)
    yield from (f"Bridged: {told} (`BRIDGED_DAYS` in warehouse/timeline/episodes.py).", "")


def _chapters() -> Iterator[str]:
    for title, cases in CHAPTERS.items():
        yield from (f"## {title}", "")
        for case in cases:
            yield from _case(case)


def _case(case: Case) -> Iterator[str]:
    yield from (f"**{case.holds}**", "", *markdown(case.records), "")
    if table(case.expected):
        yield from (*markdown(case.expected), "")
    else:
        yield from (f"No row of `{case.view}`.", "")


if __name__ == "__main__":
    sys.stdout.write(document())
