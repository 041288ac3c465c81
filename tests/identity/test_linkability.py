"""Linkability: what is enough is what the linker decides, and what counts as filled is what standardising leaves."""

import datetime as dt
import subprocess
import sys
from itertools import chain, combinations, pairwise
from math import log2

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.blocks import block_keys
from identity.blocks import pairs as blocked
from identity.carried import GIVES, carried
from identity.compare import score as compared
from identity.linkability import CERTAIN, SAMPLE, score, suffices
from identity.model import shipped
from identity.standardise import (
    NO_NAMES,
    PARTICLES,
    PLACEHOLDER_BIRTHS,
    PLACEHOLDER_SSNS,
    STANDARD,
    SUFFIXES,
    standardise,
)
from schemas.catalogue import feeds
from schemas.codes import IDENTIFIERS
from schemas.contract import Column, EachRow, Identify, Keep, Key, NoSubject, Text, Via
from schemas.linkability import Linkability
from schemas.synthetic import rows as synthetic
from schemas.terms import Subject
from tests.identity.feeds import PEER, feed, known_by, rows

FULL = {
    "given_name": "SEAN", "surname": "ALLEN", "birth_date": "1984-07-23", "ssn": "219-09-9999", "ssn_last4": "9998",
    "state_id": "IL2345678", "fbi_number": "412345AB1", "licence": "D4001234", "phone": "(217) 555-0134",
    "email": "s.allen@example.org", "address": "12 Elm Street",
}  # fmt: skip
"""A name of usual frequency, and everything else that is evidence."""
PROBATION = known_by("probation", "given_name", "surname", "birth_date", "state_id", "ssn_last4")


def test_enough_is_what_the_linker_joins_with_near_certainty() -> None:
    subsets = list(chain.from_iterable(combinations(FULL, size) for size in range(len(FULL) + 1)))
    records = [{field: [FULL[field]] for field in fields} for fields in subsets]
    count = len(subsets)
    standard = standardise(range(2 * count), ["here"] * count + ["there"] * count, [*records, *records])
    pairs = pl.DataFrame({"left_id": range(count), "right_id": range(count, 2 * count)})
    weights = dict(compared(standard, pairs, shipped()).select("left_id", "weight").iter_rows())
    found = set(block_keys(standard, bytes(32), shipped())["identity_id"])
    for number, record in enumerate(standard[:count].iter_rows(named=True)):
        fields = frozenset(name for name, value in record.items() if value is not None)
        joined = number in found and weights[number] >= log2(CERTAIN / (1 - CERTAIN))
        assert suffices(fields) == joined, (sorted(fields), weights[number])


def test_two_alike_are_compared_only_where_a_block_finds_them() -> None:
    alone = standardise([1, 2], ["a", "b"], [{"birth_date": ["1984-07-23"], "address": ["1 Elm St"]}] * 2)
    assert blocked(block_keys(alone, bytes(32), shipped()), pl.Series([1])).is_empty()
    assert not suffices(frozenset({"birth_date", "address"}))


TEXTS = {
    "name": st.lists(
        st.sampled_from([*SUFFIXES, *PARTICLES, *NO_NAMES, "None", "ann", "Smith", "O'Neil", "Ú", "ünk", "1", "X"])
        | st.text(st.sampled_from("aUnkK .,-'`ſK\u0301\u2019é3"), max_size=6),
        max_size=4,
    ).flatmap(lambda words: st.sampled_from([" ", ", ", "-", "", ","]).map(lambda mark: mark.join(words))),
    "ssn": st.sampled_from([*PLACEHOLDER_SSNS, "219-09-9999", "000-12-3456", "a3" * 16, "1111-11111"])
    | st.text(st.sampled_from("0123456789- "), max_size=12)
    | st.from_regex(r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}", fullmatch=True),
    "code": st.text(st.sampled_from("0019XxUuNnKkAaOoEe-Z8 /ſ"), max_size=8),
    "phone": st.text(st.sampled_from("0123456789()-. +x"), max_size=18)
    | st.from_regex(r"\([0-9]{3}\) [0-9]{3}-[0-9]{4}", fullmatch=True),
}  # fmt: skip
JUDGED = {
    "given_name": "name", "surname": "name", "full_name": "name", "ssn": "ssn", "ssn_last4": "ssn", "state_id": "code",
    "phone": "phone",
}  # fmt: skip
"""Field → its texts; other numbers are judged as the state's."""


@pytest.mark.parametrize("field", JUDGED)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_a_cell_counts_exactly_where_standardising_leaves_something(field: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.none() | TEXTS[JUDGED[field]], min_size=60, max_size=100))
    known = known_by("a", field)  # type: ignore[arg-type]
    found = carried(known, rows(known, *({field: text} for text in texts)))
    records = [{field: [text.strip()]} if text and text.strip() else {} for text in texts]
    standard = standardise(range(len(texts)), [""] * len(texts), records)
    for column in GIVES[field]:
        assert found[column].to_list() == standard[column].is_not_null().to_list()


@pytest.mark.parametrize("day", [*PLACEHOLDER_BIRTHS, "1899-12-31", "1984-07-23"])
@pytest.mark.parametrize("kind", [pl.Date, pl.String])
def test_a_placeholder_is_no_birth_date(day: str, kind: type[pl.DataType]) -> None:
    frame = rows(PROBATION, {"birth_date": day}, {}).with_columns(pl.col("birth_date").cast(kind))
    assert carried(PROBATION, frame)["birth_date"].to_list() == [day == "1984-07-23", False]


def test_every_field_is_evidence_or_is_left_out_on_purpose() -> None:
    assert IDENTIFIERS - set(GIVES) == {"middle_name", "suffix", "alias", "sex", "race", "city", "zip"}
    assert set(chain.from_iterable(GIVES.values())) <= set(STANDARD)


NAMED = {"given_name": "ANN", "surname": "LEE"}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], Linkability(0, 0, 0)),
        ([{**NAMED, "Number": "1", "birth_date": "1984-07-23"}], Linkability(1, 1, 0)),
        ([{**NAMED, "Number": "1"}], Linkability(1, 0, 1, "birth_date", 1)),
        ([{**NAMED, "Number": " "}], Linkability(1, 0, 0, "birth_date", 1)),
        ([{"Number": "1", "state_id": "IL2345678"}], Linkability(1, 0, 1, "birth_date", 1)),
        ([{"Number": "1"}], Linkability(1, 0, 1)),
        ([{"given_name": "UNK", "surname": "LEE", "birth_date": "1984-07-23"}], Linkability(1, 0, 0, "given_name", 1)),
        ([{**NAMED, "birth_date": "1900-01-01", "state_id": "99999999"}], Linkability(1, 0, 0, "birth_date", 1)),
        (
            [{**NAMED, "birth_date": "1984-07-23"}] * 3 + [{**NAMED, "state_id": "IL2345678"}] + [NAMED] * 2,
            Linkability(6, 4, 0, "birth_date", 2),
        ),
        (
            [{**NAMED, "birth_date": "1984-07-23"}] + [{**NAMED, "state_id": "IL2345678"}] * 2 + [NAMED] * 2,
            Linkability(5, 3, 0, "state_id", 2),
        ),
    ],
)  # fmt: skip
def test_rows_are_counted_and_the_most_helpful_column_is_named(
    records: list[dict[str, str]], expected: Linkability
) -> None:
    frame = rows(PROBATION, *records)
    assert score(PROBATION, [frame]) == expected
    assert score(PROBATION, [frame[:2], frame[2:]]) == expected


def test_the_score_is_a_share() -> None:
    assert Linkability(8, 6, 1).score == 0.75
    assert Linkability(0, 0, 0).score == 1


NUMBER = Column("Number", Text(), "Number", Key("court.number"), null=True)
LINE = Column("Line", Text(), "Line", Keep())
NAME = Column("Name", Text(), "Name", Identify("full_name"), null=True)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (Key("court.number"), Linkability(2, 0, 1)),
        (Via("court.number"), Linkability(2, 0, 1)),
        (EachRow(), Linkability(2, 0, 0)),
        (NoSubject(), None),
    ],
)
def test_a_number_counts_where_it_leads_to_a_person(subject: Subject, expected: Linkability | None) -> None:
    columns = (LINE, NUMBER, *([NAME] if not isinstance(subject, Via | NoSubject) else []))
    court = feed("court", "rows", columns, subject, ("Line",))
    assert score(court, [rows(court, {"Number": "1"}, {})]) == expected


@pytest.mark.parametrize("name", sorted(feeds()))
def test_every_feed_of_the_catalogue_is_scored(name: str) -> None:
    from schemas.rows import judge_rows
    from schemas.table import FAULTS, RawTable

    one = feeds()[name]
    made = synthetic(one, 40, seed=3)
    judged = judge_rows(one, RawTable(made, FAULTS.to_frame(), made.height))
    found = score(one, judged.batches)
    if isinstance(one.subject, NoSubject):
        assert found is None
    else:
        assert found is not None
        assert found.rows == judged.accepted_rows
        assert found.enough + found.by_number <= found.rows
        assert found.column is None or found.column in one.identifiers


def test_the_linker_is_not_imported() -> None:
    code = "import sys, identity.linkability; raise SystemExit('splink' in sys.modules or 'duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_large_batch_is_estimated_from_an_even_sample_and_says_so() -> None:
    count = 3 * SAMPLE
    numbers = pl.int_range(count, eager=True)
    frame = pl.DataFrame({"row_number": numbers}).with_columns(
        Number=numbers.cast(pl.String),
        given_name=pl.lit("ANN"),
        surname=pl.lit("LEE-SMITH"),
        birth_date=pl.when(numbers % 4 > 0).then(pl.lit(dt.date(1984, 7, 23))),
        Day=None,
    )
    found = score(PEER, [frame.with_columns(pl.lit(None, pl.String).alias(name) for name in ("sex", "phone", "zip"))])
    assert found is not None and found.is_estimate
    assert found.rows == count
    assert found.enough == pytest.approx(0.75 * count, rel=0.01)


def test_a_delivery_in_batches_is_estimated_from_one_even_sample() -> None:
    count = 2 * SAMPLE + 1
    numbers = pl.int_range(count, eager=True)
    frame = pl.DataFrame({"row_number": numbers}).with_columns(
        Number=numbers.cast(pl.String),
        given_name=pl.lit("ANN"),
        surname=pl.lit("LEE-SMITH"),
        birth_date=pl.when(numbers % 5 > 0).then(pl.lit(dt.date(1984, 7, 23))),
        Day=None,
    )
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in ("sex", "phone", "zip"))
    whole = score(PEER, [frame])
    for cuts in ([1, 2, 3, 7001], [0, 0, SAMPLE], [count]):
        edges = [0, *cuts, count]
        batches = [frame[start:end] for start, end in pairwise(edges)]
        assert score(PEER, batches) == score(PEER, iter(batches), count) == whole
