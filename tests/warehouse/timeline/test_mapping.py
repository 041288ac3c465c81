import datetime as dt
import json

import polars as pl
import pytest

from schemas.contract import (
    Code,
    Column,
    Const,
    Date,
    Decimal,
    Delimited,
    Event,
    Feed,
    FileDate,
    Full,
    Identify,
    Integer,
    Keep,
    Key,
    Span,
    SpanEnd,
    Text,
    UpTo,
)
from schemas.moments import Mapped
from warehouse.timeline.mapping import EVENTS, SPANS, events, spans

ONE, TWO, THREE = dt.date(2026, 1, 1), dt.date(2026, 1, 2), dt.date(2026, 1, 3)
EVERYTHING = {"all": "Last", "b": "Birth", "c": "Came", "d": "Count", "e": "Fee", "f": "Room"}
SAID = {"row_number": [2, 3, 4], "source_key": [20, 30, 40], "subject_id": [7, 8, None]}


def feed(*timeline: Mapped) -> Feed:
    return Feed(
        name="sittings",
        title="Sittings",
        agency="court",
        agreement="a",
        files="s_{date:%Y%m%d}.csv",
        format=Delimited(),
        delivery=Full("week"),
        coverage=UpTo(FileDate(), since=ONE),
        subject=Key("court.person"),
        key=("Case",),
        columns=(
            Column("Case", Text(), "Case", Key("court.case")),
            Column("Person", Text(), "Person", Key("court.person")),
            Column("Birth", Date(), "Birth date", Identify("birth_date"), Keep(as_="birth_year")),
            Column("First", Date(), "First day", Keep(), null=True),
            Column("Last", Date(), "Last day", Keep(), null=True),
            Column("Came", Code({"Y": "yes", "N": "no"}), "Appeared", Keep(), null=True),
            Column("Count", Integer(), "Charges", Keep(), null=True),
            Column("Fee", Decimal(), "Fee", Keep(), null=True),
            Column("Room", Text(), "Room", Keep(), null=True),
        ),
        timeline=(*timeline, Event("death", date="First", detail=EVERYTHING)),
    )


@pytest.fixture
def content() -> pl.DataFrame:
    return pl.DataFrame(
        {
            **SAID,
            "key:court.case": [100, 100, 101],
            "Birth": [1990, 1991, 1992],
            "First": [ONE, TWO, None],
            "Last": [THREE, None, ONE],
            "Came": ["yes", None, "no"],
            "Came (raw)": ["Y", None, "N"],
            "Count": [1, 2, None],
            "Fee": [1.5, None, 2.0],
            "Room": ['12 "B", old\nwing', "", None],
        }
    )


def test_a_row_becomes_an_event_where_its_date_is_filled(content: pl.DataFrame) -> None:
    hearing = Event("hearing", date="First", code="Came", number="Count", text="Room", record="court.case")
    made = events(feed(hearing), content).filter(pl.col("kind") == "hearing")
    assert made.schema == EVENTS
    assert made.drop("detail", "text").rows() == [
        (2, 0, 20, 7, 100, "hearing", ONE, "yes", "Y", 1.0, None),
        (3, 0, 30, 8, 100, "hearing", TWO, None, None, 2.0, None),
    ]
    assert made["text"].to_list() == ['12 "B", old\nwing', ""]


def test_each_mapping_of_the_timeline_has_its_place(content: pl.DataFrame) -> None:
    twice = (Event("hearing", date="First"), Event("hearing", date="Last"))
    made = events(feed(*twice), content).filter(pl.col("kind") == "hearing")
    assert made.select("row_number", "moment", "event_date").rows() == [
        (2, 0, ONE),
        (3, 0, TWO),
        (2, 1, THREE),
        (4, 1, ONE),
    ]


def test_constants_and_numbers_are_codes_as_text(content: pl.DataFrame) -> None:
    service, arrest = Event("service", date="First", code=Const("housing")), Event("arrest", date="First", code="Count")
    made = events(feed(service, arrest), content)
    assert made.filter(pl.col("kind") == "service")["code"].to_list() == ["housing", "housing"]
    assert made.filter(pl.col("kind") == "arrest")["code"].to_list() == ["1", "2"]


def test_spans_are_open_without_an_end_and_start_somewhere(content: pl.DataFrame) -> None:
    made = spans(feed(Span("custody", start="First", end="Last", text="Came"), Span("study", start="First")), content)
    assert made.schema == SPANS
    assert made.select("kind", "start_date", "end_date", "text", "text_raw", "record_id").rows() == [
        ("custody", ONE, THREE, "yes", "Y", None),
        ("custody", TWO, None, None, None, None),
        ("study", ONE, None, None, None, None),
        ("study", TWO, None, None, None, None),
    ]


def test_the_end_of_a_span_is_an_event_of_its_record(content: pl.DataFrame) -> None:
    made = events(feed(SpanEnd("enrolment", date="Last", code="Came", record="court.case")), content)
    ends = made.filter(pl.col("moment") == 0)
    assert ends.select("kind", "record_id", "event_date", "code").rows() == [
        ("enrolment_end", 100, THREE, "yes"),
        ("enrolment_end", 101, ONE, "no"),
    ]


def test_detail_is_a_json_object_with_raw_texts_beside_codes(content: pl.DataFrame) -> None:
    first, second = map(json.loads, events(feed(), content)["detail"])
    assert first == {
        "all": "2026-01-03",
        "b": 1990,
        "c": "yes",
        "d": 1,
        "e": 1.5,
        "f": '12 "B", old\nwing',
        "c_raw": "Y",
    }
    assert second == {"all": None, "b": 1991, "c": None, "d": 2, "e": None, "f": "", "c_raw": None}


def test_detail_without_any_value_is_null(content: pl.DataFrame) -> None:
    bare = content.with_columns(pl.lit(None, pl.String).alias("Room"))
    made = events(feed(Event("hearing", date="First", detail={"room": "Room"})), bare)
    assert made.filter(pl.col("kind") == "hearing")["detail"].to_list() == [None, None]


def test_no_rows_make_no_moments(content: pl.DataFrame) -> None:
    none = content.clear()
    both = feed(Event("hearing", date="First"), Span("custody", start="First"))
    assert events(both, none).schema == EVENTS
    assert spans(both, none).is_empty()


def test_a_deleted_record_makes_no_moments(content: pl.DataFrame) -> None:
    both = feed(Event("hearing", date="First"), Span("custody", start="First"))
    first = pl.col("row_number") == pl.col("row_number").first()
    marked = content.with_columns(deleted=pl.when(first).then(True))
    assert events(both, marked).equals(events(both, content[1:]))
    assert spans(both, marked).equals(spans(both, content[1:]))
