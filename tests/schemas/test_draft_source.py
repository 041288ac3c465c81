"""The module of a drafted contract: it says what the feed is, as the formatter would lay it out, and no cell."""

import ast
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.catalogue import feeds
from schemas.columns import Code, Date
from schemas.contract import Delimited, Feed
from schemas.draft import draft
from schemas.draft.build import is_declarable
from schemas.draft.source import module_source, quoted
from schemas.errors import ContractError
from schemas.synthetic import rows
from schemas.table import FAULTS, RawTable

NAMES = sorted(feeds())


def built(source: str) -> Feed:
    names: dict[str, object] = {}
    exec(compile(source, "drafted", "exec"), names)
    feed = names["FEED"]
    assert isinstance(feed, Feed)
    return feed


def ruff(*arguments: str | Path) -> str:
    """What the formatter or the linter says, by the project's own settings."""
    ours = Path(__file__).parents[2] / "pyproject.toml"
    command = [Path(sys.executable).with_name("ruff"), *arguments, "--no-cache", "--config", ours]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def sample(feed: Feed, n: int, seed: int) -> RawTable:
    made = rows(feed, n, seed)
    return RawTable(made, FAULTS.to_frame(), made.height)


@pytest.mark.parametrize("name", NAMES)
def test_any_feed_as_a_module_is_that_feed(name: str) -> None:
    feed = feeds()[name]
    assert built(module_source(feed, {}, "A feed.")) == feed


def test_a_draft_is_laid_out_as_the_formatter_leaves_it_and_lints(tmp_path: Path) -> None:
    for name in NAMES:
        feed = feeds()[name]
        source = draft(feed.name, feed.agency, "file_20240131.csv", feed.format, sample(feed, 60, 1)).source()
        (tmp_path / f"{name}.py").write_text(source, "utf-8")
    assert ruff("format", "--diff", tmp_path) == ""
    assert ruff("check", "--ignore=INP,E501", tmp_path) == "All checks passed!"


@given(name=st.sampled_from(NAMES), n=st.integers(0, 30), seed=st.integers(0, 999))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_draft_of_what_any_feed_accepts_is_a_feed(name: str, n: int, seed: int) -> None:
    feed = feeds()[name]
    drafted = draft(feed.name, feed.agency, "file_20240131.csv", feed.format, sample(feed, n, seed))
    assert built(drafted.source()) == drafted.feed
    assert set(drafted.feed.headers) == set(feed.headers)
    assert drafted.loaded == drafted.rows


def test_texts_are_quoted_as_the_formatter_does(tmp_path: Path) -> None:
    texts = ["plain", 'a "b"', 'it\'s "b"', "it's", r"[0-9]\.", 'a\\"b', "tab\there", "‡", "\x1e", "\\", "", "\u2028"]
    lines = [f"X{place} = {quoted(text)}" for place, text in enumerate(texts)]
    assert [ast.literal_eval(line.split(" = ", 1)[1]) for line in lines] == texts
    (tmp_path / "texts.py").write_text("\n".join(lines) + "\n", "utf-8")
    assert ruff("format", "--diff", tmp_path) == ""


CANARIES = [f"Kanari{letter}{letter.lower()}vogel" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def test_no_cell_is_in_a_draft_but_codes_open_ends_and_null_texts() -> None:
    rows_, place = 520, iter(range(10**6, 10**7))
    columns: dict[str, list[str | None]] = {
        header: [f"{CANARIES[row % 26]}{next(place)}" for row in range(rows_)]
        for header in ("Last Name", "Client ID", "SSN", "Remarks", "Officer", "column_9", "Address", "OFFENSE", "Xyzzy")
    }
    columns["Phone"] = [f"555-{row % 900 + 100}-{next(place) % 10000:04}" for row in range(rows_)]
    columns["Birth Date"] = [f"19{50 + row % 40}-0{1 + row % 9}-1{row % 10}" for row in range(rows_)]
    columns["Visit Date"] = [f"2024-0{1 + row % 9}-1{row % 10}" for row in range(rows_)]
    columns["End"] = ["9999-12-31"] * rows_
    columns["Judge"] = [CANARIES[row % 3] for row in range(rows_)]
    columns["Amount"] = [f"{next(place)}.17" for row in range(rows_)]
    columns["Status"] = [*["OPEN", "CLOSED"] * 259, CANARIES[0], columns["Last Name"][0]]
    columns["Reason"] = [*["A", "B", "N/A", "NULL"] * 130]
    columns["Result"] = [*["+", "-", "n/a", "NULL"] * 130]
    frame = pl.DataFrame(columns).with_row_index("row_number", offset=2).cast({"row_number": pl.Int64()})
    table = RawTable(frame, FAULTS.to_frame(), rows_)
    drafted = draft("acme_visits", "acme", f"{CANARIES[0]}1000000_2024.csv", Delimited(), table)
    source = drafted.source()
    allowed = set(drafted.feed.format.null)  # type: ignore[union-attr]
    for column in drafted.feed.columns:
        allowed |= set(column.type.codes) if isinstance(column.type, Code) else set()
        allowed |= set(column.type.open_end) if isinstance(column.type, Date) else set()
    assert {"OPEN", "CLOSED", "9999-12-31"} <= allowed
    for texts in columns.values():
        shown = {text for text in texts if text and len(text) > 3 and text in source}
        assert shown <= allowed
    assert not any(canary in source for canary in CANARIES)
    assert "1000000" not in source


CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["2024-01-31", "12/31/9999", "NULL", "7", "1.5", "A", "Y\n", '"', "\\"]),
)
HEADERS = st.text(min_size=1, max_size=14).filter(lambda name: name != "row_number")


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_draft_of_any_table_is_a_feed_and_its_module_says_so(data: st.DataObject) -> None:
    headers = data.draw(st.lists(HEADERS, min_size=1, max_size=5, unique=True))
    height = data.draw(st.integers(0, 6))
    columns = {name: data.draw(st.lists(CELLS, min_size=height, max_size=height)) for name in headers}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(headers, pl.String())).with_row_index("row_number", offset=2)
    table = RawTable(frame.cast({"row_number": pl.Int64()}), FAULTS.to_frame(), height)
    file_name = data.draw(st.text(min_size=1, max_size=12))
    if not any(map(is_declarable, headers)):
        with pytest.raises(ContractError):
            draft("acme_rows", "acme", file_name, Delimited(), table)
        return
    drafted = draft("acme_rows", "acme", file_name, Delimited(), table)
    assert built(drafted.source()) == drafted.feed


def test_a_control_character_is_no_code() -> None:
    columns = {"0": [None, None], "00": ["\x1f", "\x1f"]}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String())).with_row_index("row_number", offset=2)
    table = RawTable(frame.cast({"row_number": pl.Int64()}), FAULTS.to_frame(), 2)
    drafted = draft("acme_rows", "acme", "0", Delimited(), table)
    assert built(drafted.source()) == drafted.feed
