"""The dictionary of what agencies send says everything that the contracts say."""

from schemas.catalogue import feeds
from schemas.dictionary import describe_feeds, page


def test_every_declared_column_has_one_entry() -> None:
    declared = [(feed.name, header) for feed in feeds().values() for header in feed.headers]
    assert [(entry.feed, entry.column) for entry in describe_feeds()] == declared


def test_the_page_has_a_section_a_feed_and_a_line_a_column() -> None:
    lines = page().splitlines()
    assert [line for line in lines if line.startswith("## ")] == [f"## {feed.title}" for feed in feeds().values()]
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) == len(describe_feeds())
    assert "| `DOB` | Birth date |" in page()
