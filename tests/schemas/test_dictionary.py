"""The dictionary of what agencies send says everything that the contracts say."""

from schemas.catalogue import feeds
from schemas.contract import Date, Decimal, Deleted, ManifestRule
from schemas.dictionary import describe, describe_feeds, page
from tests.schemas.small import feed, kept


def test_every_declared_column_has_one_entry() -> None:
    declared = [(one.name, header) for one in feeds().values() for header in one.headers]
    assert [(entry.feed, entry.column) for entry in describe_feeds()] == declared


def test_the_page_has_a_section_a_feed_and_a_line_a_column() -> None:
    lines = page().splitlines()
    assert [line for line in lines if line.startswith("## ")] == [f"## {one.title}" for one in feeds().values()]
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) == len(describe_feeds())
    assert "| `DOB` | Birth date |" in page()


def test_an_entry_says_which_column_tells_of_deletion_and_which_has_a_control_total() -> None:
    marked = feed(
        kept("gone", Date(), null=True),
        kept("amount", Decimal()),
        deleted=Deleted("gone"),
        manifest=ManifestRule(totals=("amount",)),
    )
    uses = {entry.column: entry.uses for entry in describe(marked)}
    assert uses["gone"] == "kept; says which records were deleted"
    assert uses["amount"] == "kept; its total stands in the manifest"
