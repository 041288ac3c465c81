"""What holds for every feed: a new one is tested by being there."""

import polars as pl
import pytest

from schemas.catalogue import feeds, match
from schemas.contract import Accepted, Feed, Rows, Zip
from schemas.decode import check_header, judged_columns
from schemas.delivery import judge_delivery
from schemas.dictionary import describe
from schemas.errors import DeliveryRefused
from schemas.measures import measure
from schemas.rows import judge_rows
from schemas.sheet import sheet
from schemas.synthetic import rows
from schemas.table import FAULTS, RawTable
from tests.feeds.breaking import broken_cells

MANY = 60

every_feed = pytest.mark.parametrize("feed", feeds().values(), ids=list(feeds()))


def as_table(frame: pl.DataFrame) -> RawTable:
    return RawTable(frame, FAULTS.to_frame(), frame.height)


@every_feed
def test_synthetic_rows_are_accepted_in_their_types(feed: Feed) -> None:
    judged = judge_rows(feed, as_table(rows(feed, MANY, seed=2)))
    assert judged.rejected.rows() == []
    assert judged.accepted.height == MANY
    assert {column.name for column in judged_columns(feed)} < set(judged.accepted.columns)


@every_feed
def test_each_broken_cell_is_rejected_at_its_row_and_column_by_its_rule(feed: Feed) -> None:
    broken = list(broken_cells(feed))
    frame = rows(feed, len(broken) + MANY, seed=3)
    for row_number, (column, text, _) in enumerate(broken, start=2):
        here = pl.when(pl.col("row_number") == row_number).then(pl.lit(text, pl.String())).otherwise(pl.col(column))
        frame = frame.with_columns(here.alias(column))
    judged = judge_rows(feed, as_table(frame))
    assert judged.rejected.rows() == [(at, column, rule) for at, (column, _, rule) in enumerate(broken, start=2)]
    assert judged.accepted.height == MANY


@every_feed
def test_a_delivery_twice_over_in_one_file_is_all_duplicates(feed: Feed) -> None:
    once = rows(feed, MANY, seed=4)
    twice = pl.concat([once, once]).with_columns(row_number=pl.int_range(2, 2 * MANY + 2, dtype=pl.Int64))
    judged = judge_rows(feed, as_table(twice))
    assert judged.accepted["row_number"].to_list() == list(range(2, MANY + 2))
    assert judged.duplicates.to_list() == list(range(MANY + 2, 2 * MANY + 2))


@every_feed
def test_a_sound_delivery_passes_unless_it_is_too_small(feed: Feed) -> None:
    verdict = judge_delivery(feed, measure(feed, judge_rows(feed, as_table(rows(feed, MANY, seed=5)))))
    too_small = any(isinstance(expectation, Rows) and expectation.low > MANY for expectation in feed.expects)
    assert verdict.outcome == ("hold" if too_small else "pass")


@every_feed
def test_a_delivery_of_refused_rows_is_held_where_the_contract_says_so(feed: Feed) -> None:
    broken = rows(feed, MANY, seed=6).with_columns(pl.lit("\x07" * 999).alias(judged_columns(feed)[0].name))
    verdict = judge_delivery(feed, measure(feed, judge_rows(feed, as_table(broken))))
    expected = any(isinstance(expectation, Accepted) for expectation in feed.expects)
    assert (verdict.outcome == "hold") or not expected


@every_feed
def test_its_header_is_taken_in_any_order_and_no_other(feed: Feed) -> None:
    headers = list(feed.headers)
    check_header(feed, headers[::-1])
    check_header(feed, [*feed.unused, *headers])
    for wrong, code in (
        ([*headers, "SMITH"], "undeclared_column"),
        (headers[1:], "missing_column"),
        ([*headers, headers[0]], "repeated_header"),
    ):
        with pytest.raises(DeliveryRefused) as raised:
            check_header(feed, wrong)
        assert raised.value.code == code
        assert "SMITH" not in str(raised.value)


@every_feed
def test_its_sheet_names_every_column_and_code(feed: Feed) -> None:
    text = sheet(feed)
    assert all(f"`{name}`" in text for name in feed.headers)
    assert text.startswith(f"# {feed.title}\n")
    assert sheet(feed) == text


@every_feed
def test_its_dictionary_describes_every_column(feed: Feed) -> None:
    entries = describe(feed)
    assert [entry.column for entry in entries] == list(feed.headers)
    assert all(entry.meaning and entry.type and entry.uses and entry.source for entry in entries)


@every_feed
def test_its_files_are_told_from_those_of_the_agencys_other_feeds(feed: Feed) -> None:
    name = feed.files.replace("*", "1").replace("?", "1").replace("{date:%Y%m%d}", "20240131")
    name = name.replace("{date:%Y-%m-%d}", "2024-01-31")
    matched = match(name, feed.agency)
    assert feed in matched
    assert len(matched) == 1 or all(isinstance(found.format, Zip) for found in matched)
