"""The sheet of a feed says all that its contract says, and its example is a file that the contract accepts."""

import datetime as dt
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from connectors.readers import read
from schemas.catalogue import feeds
from schemas.columns import Code, Integer, Text
from schemas.contract import (
    Accepted,
    Delimited,
    Excel,
    Feed,
    FixedWidth,
    Footer,
    Gzip,
    JsonLines,
    ManifestRule,
    Parquet,
    Rows,
    Sequence,
    Zip,
)
from schemas.decode import check_header
from schemas.rows import judge_rows
from schemas.sheet import example, example_name, page, sheet
from tests.schemas.small import feed as small_feed
from tests.schemas.small import kept

DAY = dt.date(2025, 1, 31)
every_feed = pytest.mark.parametrize("feed", feeds().values(), ids=list(feeds()))


def accepted(feed: Feed, content: bytes) -> int:
    table = read(content, feed.format, feed.headers)
    check_header(feed, [name for name in table.rows.columns if name != "row_number"])
    judged = judge_rows(feed, table)
    assert judged.rejected.rows() == []
    assert judged.received == judged.accepted_rows
    return judged.received


@every_feed
def test_the_example_of_a_feed_is_accepted_by_its_contract_under_its_name(feed: Feed) -> None:
    assert accepted(feed, example(feed, rows=4)) == 4
    assert example(feed) == example(feed)
    assert feed.matches(example_name(feed, DAY))
    assert feed.file_date(example_name(feed, DAY)) in (DAY, None)


FIELDS = (("number", 1, 20), ("name", 21, 12), ("size", 35, 6), ("day", 41, 10))


@pytest.mark.parametrize(
    "format",
    [
        Delimited(),
        Delimited("utf-16", "\t", None),
        Delimited("cp1252", "‡", '"', "†", null=("NULL", "")),
        Delimited(header=False),
        Delimited(header_rows=2),
        Delimited(footer=Footer(r"TRAILER\|(?P<rows>[0-9]+)")),
        FixedWidth(FIELDS),
        FixedWidth(
            FIELDS, "latin-1", "\r\n", record_length=60, header_rows=1, footer=Footer(r"END (?P<rows>[0-9]{1,9})")
        ),
        JsonLines(),
        Parquet(),
        Excel(),
        Excel("Records & more", above=2, header_rows=2),
        Gzip(Delimited()),
        Gzip(JsonLines()),
        Zip("records_*.csv", Delimited(separator=";")),
        Zip("*.xlsx", Excel()),
    ],
    ids=str,
)
def test_an_example_is_written_in_any_format(format: Any) -> None:
    columns = kept("name", Text(12), null=True), kept("size", Integer(0, 999))
    feed = small_feed(*columns, format=format, files="records_*")
    assert accepted(feed, example(feed, rows=6)) == 6
    assert sheet(feed).startswith("# Town: records\n")
    assert "<h1>Town: records</h1>" in page(feed)


def test_a_key_of_few_values_makes_a_short_example() -> None:
    feed = small_feed(kept("kind", Code({"A": "a", "B": "b"})), key=("kind",))
    assert accepted(feed, example(feed)) == 2


def test_names_carry_date_and_sequence() -> None:
    feed = small_feed(files="r_{date:%Y%m%d}_{sequence}_*.csv", sequence=Sequence(7))
    name = example_name(feed, DAY)
    assert name == "r_20250131_7_.csv"
    assert (feed.file_date(name), feed.file_sequence(name)) == (DAY, 7)
    assert example_name(small_feed(files="*.csv"), DAY) == "1.csv"


def test_manifest_sequence_deletion_and_expectations_are_explained() -> None:
    terms = {
        "files": "r_{sequence}.csv",
        "sequence": Sequence(),
        "manifest": ManifestRule(totals=("size",)),
        "expects": (Rows(1, 10), Accepted(0.9)),
    }
    feed = small_feed(kept("size", Integer(0, 999)), **terms)
    for text in (sheet(feed), page(feed)):
        plain = re.sub(r"<[^>]+>|`", "", text)
        assert "a manifest beside each file is required, signed, with the totals of size" in plain
        assert "numbered from 1 without a gap" in plain
        assert "Between 1 and 10 rows" in plain
        assert "times as many rows as the last deliveries had" in plain
        assert "not a number" in plain.lower()


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        assert not any(name.startswith("on") for name in found)
        if tag == "th":
            assert found.get("scope") in ("row", "col")
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@every_feed
def test_a_page_stands_alone_is_well_formed_and_names_every_column(feed: Feed) -> None:
    text = page(feed)
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert not outline.tags & {"script", "img", "link", "iframe", "object"}
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert '<html lang="en-GB">' in text
    assert all(f"<code>{name}</code>" in text for name in (*feed.headers, *feed.unused) if "&" not in name)


def test_what_a_contract_says_is_text_on_a_page_never_markup() -> None:
    column = kept("<b>x</b>", Code({"<i>": "a"}))
    text = page(small_feed(column, title="Town: <script>"))
    assert "<script>" not in text
    assert "<i>" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
