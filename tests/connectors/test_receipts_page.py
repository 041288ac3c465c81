"""The page of a receipt: whole by itself, readable by anybody, and nothing in it is markup but our own."""

import datetime as dt
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connectors
from connectors.receipt_page import index_page
from connectors.receipts import Before, Fault, Finding, Receipt
from schemas.difference import Difference
from schemas.linkability import Linkability
from tests.connectors.test_receipts import FULL, RECEIPT

BARE = Receipt(
    extract_id=1, feed="f", title="F", agency="a", file="0" * 12, size=0, arrived_at=RECEIPT.arrived_at,
    state="refused", code="no_feed",
)  # fmt: skip
MANY = replace(FULL, faults=tuple(Fault("missing", f"Column {n}", 900, tuple(range(2, 22))) for n in range(400)))
HOSTILE = st.text(
    st.sampled_from("<>&\"'`=/{}%#ax \u202e\u00e9") | st.characters(exclude_categories=["Cs", "Cc"]), min_size=1
) | st.sampled_from(
    ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</title><b>", "{{ 7 * 7 }}", "&lt;b&gt;", "]]>"]
)  # fmt: skip


class Outline(HTMLParser):
    """The tags and attributes of a page, the words on it, and whether its elements are closed in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[tuple[str, str]] = Counter()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.words = ""
        self.headings: list[int] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.update((tag, name) for name, _ in attrs)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.references += [value or "" for name, value in attrs if name == "aria-labelledby"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


@settings(deadline=None)
@given(st.lists(HOSTILE, min_size=6, max_size=6))
def test_no_title_column_rule_or_expectation_becomes_markup(texts: list[str]) -> None:
    def made(title: str, column: str, rule: str, expectation: str, code: str, agency: str) -> tuple[Outline, Outline]:
        receipt = replace(
            FULL, title=title, state="held", code=code, column=column,
            faults=(Fault(rule, column, 1, (2,)),), findings=(Finding(expectation, 1.0, "warn", code),),
            linkability=Linkability(10, 5, 2, column, 3),
        )  # fmt: skip
        return Outline(receipt.to_html()), Outline(index_page(agency, [receipt], {17}))

    hostile, tame = made(*texts), made(*"abcdef")
    for found, expected in zip(hostile, tame, strict=True):
        assert (found.tags, found.attributes) == (expected.tags, expected.attributes)
    for text in texts[:4]:
        assert text in hostile[0].words.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "receipt",
    [
        BARE,
        RECEIPT,
        FULL,
        MANY,
        replace(FULL, state="duplicate", repeats=3, faults=(), findings=()),
        replace(FULL, linkability=Linkability(0, 0, 0)),
        replace(FULL, before=None, difference=Difference(None, 1, 0, 0, 0)),
        replace(FULL, before=Before(1, 0, 0, 0), received=0, loaded=0, rejected=0, duplicate=0),
    ],
)
@pytest.mark.parametrize("trial", [False, True])
def test_a_page_is_whole_and_in_order(receipt: Receipt, trial: bool) -> None:
    page = receipt.to_html(trial=trial)
    outline = Outline(page)
    assert outline.tags["h1"] == 1
    assert all(deeper - before <= 1 for before, deeper in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(set(outline.ids)) == len(outline.ids)
    assert set(outline.references) <= set(outline.ids)
    assert not outline.tags.keys() & {"script", "link", "img", "iframe", "form", "object", "svg"}
    assert not re.search(r"https?:|url\(|@import|\son[a-z]+=", page)
    assert "default-src 'none'" in page
    assert '<html lang="en-GB">' in page


def test_a_page_says_what_the_text_says() -> None:
    words = " ".join(Outline(FULL.to_html()).words.split())
    for said in (
        "1,000 received = 940 loaded + 58 rejected + 2 duplicate + 0 quarantined",
        "940 of 1,000 rows were taken.",
        "58 rows: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22 and 38 more",
        "95 % of the rows (902 of 940) carry enough to be linked to the same person at other agencies.",
        "Filling “Date of Birth” would add 12 rows.",
        "31 new, 44 changed, 16 gone, 865 the same",
        "Rejected 1.5 % 5.8 %",
        "The next delivery is expected by 9 November 2026.",
    ):
        assert said in words


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Linkability(0, 0, 0), "There is no row to be linked."),
        (Linkability(10, 0, 10), "The rows carry only your own number"),
        (Linkability(1000, 1000, 0), "100 % of the rows"),
        (Linkability(1000, 999, 0), "99 % of the rows"),
        (Linkability(1000, 1, 0), "Less than 1 % of the rows"),
        (Linkability(10, 9, 1), "1 row carries only your own number and is linked"),
        (Linkability(10, 9, 0), "1 row carries too little"),
        (Linkability(10, 0, 0, "SID", 10), "Filling “SID” would add 10 rows."),
    ],
)
def test_linkability_is_said_in_plain_words(found: Linkability, said: str) -> None:
    assert said in replace(FULL, linkability=found).to_text()


def test_a_delivery_that_differs_from_none_is_compared_with_none() -> None:
    first = replace(FULL, before=None, difference=Difference(None, 940, 0, 0, 0))
    assert "Compared" not in first.to_text() + first.to_html()


def test_a_date_is_written_so_that_no_country_misreads_it() -> None:
    page = replace(FULL, next_expected=dt.date(2026, 3, 4)).to_html()
    assert "4 March 2026" in page


STYLE = (Path(connectors.__file__ or "") / ".." / "pages" / "base.html").resolve().read_text()
THEMES = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark", "print"])
def test_colours_contrast_as_wcag_aa_asks(theme: str) -> None:
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", theme))
    for ground in ("paper", "card"):
        for text in ("ink", "faint", "accent", "good", "mixed", "wait", "bad", "plain"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        for graphic in ("loaded", "rejected", "duplicate", "quarantined", "edge"):
            assert contrast(colours[graphic], colours[ground]) >= 3, (graphic, ground)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
