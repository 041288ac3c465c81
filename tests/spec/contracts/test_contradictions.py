"""Drawn: a contract that contradicts itself, and the column and problem that it is refused with."""

import datetime as dt
from typing import Any

import pytest

from schemas.catalogue import check_together
from schemas.contract import (
    Accepted,
    Code,
    Column,
    Const,
    Date,
    Decimal,
    Deleted,
    Delimited,
    Delta,
    Drift,
    Drop,
    EachRow,
    Event,
    Feed,
    FileDate,
    Filled,
    Fixed,
    FixedWidth,
    Footer,
    Fresh,
    Gzip,
    Identify,
    InScale,
    Integer,
    JsonLines,
    Keep,
    Key,
    Known,
    LatestOf,
    ManifestRule,
    Ordered,
    Refers,
    Rows,
    Sequence,
    Span,
    SpanEnd,
    Text,
    Unique,
    UpTo,
    Via,
    Zip,
)
from schemas.errors import ContractError
from tests.schemas.small import NUMBER, feed, kept

NOTES = Column("notes", Text(9), "Notes", Drop())
DAY, WORD = kept("from", Date()), kept("word", Text(9))
YEAR, KIND = Column("year", Date(), "A year", Keep("year")), kept("kind", Code({"a": "GPP"}))
SINCE = dt.date(2020, 1, 1)

CONTRADICTIONS: list[tuple[tuple[Column, ...], dict[str, Any], str, str]] = [
    ((WORD, WORD), {}, "word", "declared twice"),
    ((WORD,), {"unused": ("word",)}, "word", "declared twice"),
    ((), {"name": "Town"}, "name", "lower case"),
    ((), {"coverage": UpTo(FileDate(), since=SINCE)}, "files", "{date:"),
    ((kept("row_number", Text(9)),), {}, "row_number", "reads as something else"),
    ((kept("^x$", Text(9)),), {}, "^x$", "reads as something else"),
    ((WORD, kept("word (raw)", Text(9))), {}, "word (raw)", "raw text of another"),
    ((Column("x", Text(9), "No use"),), {}, "x", "states no use"),
    ((Column("x", Text(9), "Two uses", Drop(), Keep()),), {}, "x", "dropped and used"),
    ((Column("x", Text(9), "?", Identify("shoe size")),), {}, "x", "IDENTIFIERS"),  # type: ignore[arg-type]
    ((Column("x", Text(9), "A number", Key("town.x"), Keep()),), {}, "x", "key and kept"),
    ((Column("x", Text(9), "A name", Identify("surname"), Keep()),), {}, "x", "without being coarsened"),
    ((Column("x", Text(9), "A year", Keep(as_="year")),), {}, "x", "is not a date"),
    ((Column("x", Text(9), "A number", Key("city.x")),), {}, "x", "another agency"),
    ((Column("x", Text(9), "A number", Key("town.x", 2)),), {}, "x", "do not count"),
    ((kept("x", Code({"": "A"})),), {}, "x", "empty text or code"),
    ((kept("x", Code({})),), {}, "x", "lists no code"),
    ((kept("x", Integer(5, 4)),), {}, "x", "lowest value above"),
    ((kept("x", Decimal(5, 4)),), {}, "x", "lowest value above"),
    ((kept("x", Text(9, r"\d+")),), {}, "x", "write [0-9]"),
    ((kept("x", Text(9, r"[0-9]+$")),), {}, "x", "write [0-9]"),
    ((kept("x", Date("today")),), {}, "x", "without a field"),
    ((Column("x", Date("%d-%b-%y"), "Born", Identify("birth_date")),), {}, "x", "names no century"),
    ((), {"key": ("x",)}, "x", "referred to but not declared"),
    ((), {"key": ()}, "key", "names no column"),
    ((NOTES,), {"key": ("notes",)}, "notes", "referred to but dropped"),
    ((NOTES,), {"expects": (Filled("notes", 0.5),)}, "notes", "referred to but dropped"),
    ((), {"expects": (Filled("x", 0.5),)}, "x", "referred to but not declared"),
    ((WORD,), {"coverage": UpTo(LatestOf("word"), since=SINCE)}, "word", "dates the delivery"),
    ((WORD, DAY), {"rules": (Ordered("from", "word"),)}, "word", "is not a date"),
    ((WORD, kept("score", Integer())), {"rules": (InScale("word", "score"),)}, "word", "SCALES"),
    ((WORD, kept("scale", Code({"who": "WHO-5"}))), {"rules": (InScale("scale", "word"),)}, "word", "not a number"),
    ((), {"subject": Key("town.person")}, "subject", "needs a column"),
    ((), {"subject": EachRow()}, "subject", "no column identifies"),
    ((Column("x", Text(9), "A name", Identify("surname")),), {}, "subject", "does not name its person"),
    ((), {"timeline": (Event("party", date="day"),)}, "party", "not a kind"),
    ((), {"timeline": (Event("service", date="day", record="town.x"),)}, "town.x", "groups records"),
    ((), {"timeline": (Event("service", date="x"),)}, "x", "mapped to the timeline but not declared"),
    ((NOTES,), {"timeline": (Event("service", date="day", text="notes"),)}, "notes", "timeline but not kept"),
    ((WORD,), {"timeline": (Span("custody", start="day", end="word"),)}, "word", "is not a date"),
    ((WORD,), {"timeline": (Event("service", date="day"),)}, "word", "no timeline mapping"),
    ((kept("subject_id", Text(9)),), {}, "subject_id", "reads as something else"),
    ((kept("key:town.x", Text(9)),), {}, "key:town.x", "reads as something else"),
    ((kept("", Text(9)),), {}, "", "reads as something else"),
    ((Column("x", Date(), "?", Keep("decade")),), {}, "x", "which is not known"),  # type: ignore[arg-type]
    ((Column("x", Date(), "A day", Keep("year"), Keep()),), {}, "x", "kept in two ways"),
    ((Column("x", Integer(), "A ZIP code", Keep("zip3")),), {}, "x", "zip3 but is not text"),
    ((kept("x", Text(9, "(?=a)b")),), {}, "x", "cannot be read"),
    ((kept("x", Text(9, "a)|(b")),), {}, "x", "cannot be read"),
    ((kept("x", Code({"a\x01": "a"})),), {}, "x", "control character"),
    ((kept("x", Date("%Y-%m")),), {}, "x", "no year or no day"),
    ((kept("x", Date("%m/%d/%Y", "%d/%m/%Y")),), {}, "x", "one text means two days"),
    ((kept("x", Date("%d-%b-%y", "%y-%b-%d")),), {}, "x", "one text means two days"),
    ((kept("x", Text(9), null=True),), {"key": ("x",)}, "x", "may be empty"),
    ((), {"expects": (Rows(5, 4),)}, "expects", "no delivery can meet"),
    ((), {"expects": (Accepted(85),)}, "expects", "outside 0 to 1"),
    ((), {"expects": (Rows(0, 9), Rows(1, 9))}, "expects", "one kind twice"),
    ((), {"expects": (Drift(low=1.1),)}, "expects", "would not meet"),
    ((), {"expects": (Drift(low=0.4),)}, "expects", "without a reason"),
    ((), {"expects": (Drift(high=3),)}, "expects", "without a reason"),
    ((), {"expects": (Drift(filled=0.2),)}, "expects", "without a reason"),
    ((), {"expects": (Drift(otherwise="warn", reason=" "),)}, "expects", "without a reason"),
    ((), {"expects": (Fresh(-1),)}, "expects", "before the day that it speaks of"),
    ((), {"expects": (Unique(1.5),)}, "expects", "outside 0 to 1"),
    ((), {"expects": (Refers("town.record", -0.5),)}, "expects", "outside 0 to 1"),
    ((), {"expects": (Refers("town.person", 0.5),)}, "expects", "no column has as a key"),
    ((), {"expects": (Known("x", 0.5),)}, "x", "referred to but not declared"),
    ((WORD,), {"expects": (Known("word", 0.5),)}, "word", "lists none"),
    ((), {"deleted": Deleted("x")}, "x", "referred to but not declared"),
    ((KIND,), {"deleted": Deleted("kind")}, "kind", "not by which codes"),
    ((KIND,), {"deleted": Deleted("kind", ("a",))}, "kind", "a code that it does not list"),
    ((DAY,), {"deleted": Deleted("from", ("yes",))}, "from", "neither code nor text"),
    ((), {"deleted": Deleted("number")}, "number", "part of the record's key"),
    ((), {"sequence": Sequence()}, "sequence", "needs {sequence}"),
    ((), {"sequence": Sequence(), "manifest": ManifestRule(demanded=False)}, "sequence", "needs {sequence}"),
    ((), {"sequence": Sequence(-1), "manifest": ManifestRule()}, "sequence", "below zero"),
    ((), {"files": "records_{sequence}_{sequence}.csv"}, "files", "more than once"),
    ((), {"manifest": ManifestRule(totals=("x",))}, "x", "referred to but not declared"),
    ((WORD,), {"manifest": ManifestRule(totals=("word",))}, "word", "is not a number"),
    ((), {"coverage": UpTo(Fixed(SINCE), since=SINCE, lag_days=-1)}, "coverage", "negative lag"),
    ((), {"coverage": UpTo(Fixed(dt.date(2019, 1, 1)), since=SINCE)}, "coverage", "ends before it starts"),
    ((), {"format": Delimited("utf-9")}, "format", "encoding"),
    ((), {"format": Delimited(separator="")}, "format", "not one character"),
    ((), {"format": Zip("x.csv", Delimited(separator='"'))}, "format", "by the same character"),
    ((), {"format": Delimited(header_rows=0)}, "format", "fewer than one header row"),
    ((), {"format": Delimited(footer=Footer("["))}, "format", "pattern cannot be read"),
    ((), {"format": Delimited(footer=Footer("END", lines=0))}, "format", "footer of no line"),
    ((), {"format": Gzip(JsonLines("utf-9"))}, "format", "encoding"),
    ((), {"format": FixedWidth(())}, "format", "no field"),
    ((), {"format": FixedWidth((("number", 0, 5),))}, "format", "before the first character"),
    ((), {"format": FixedWidth((("number", 1, 5), ("day", 5, 8)))}, "format", "overlap"),
    ((), {"format": FixedWidth((("number", 1, 5), ("day", 6, 8)), record_length=12)}, "format", "beyond the end"),
    ((YEAR,), {"timeline": (Event("service", date="year"),)}, "year", "is not a date"),
    ((WORD,), {"timeline": (Event("service", date="day", number="word"),)}, "word", "is not a number"),
    ((), {"timeline": (SpanEnd("custody", date="day"),)}, "custody", "without a record"),
    ((WORD, KIND), {"timeline": (Event("service", date="day", detail={"a": "kind", "a_raw": "word"}),)}, "word", "raw"),
    ((KIND,), {"timeline": (Event("disposition", date="day", code="kind"),)}, "kind", "vocabulary"),
    ((WORD,), {"timeline": (Event("disposition", date="day", code="word"),)}, "word", "vocabulary"),
    ((), {"timeline": (Event("hearing", date="day", code=Const("maybe")),)}, "hearing", "vocabulary"),
]


@pytest.mark.parametrize(("columns", "changes", "column", "problem"), CONTRADICTIONS)
def test_a_contradiction_is_refused_and_names_feed_and_column(
    columns: tuple[Column, ...], changes: dict[str, Any], column: str, problem: str
) -> None:
    with pytest.raises(ContractError) as raised:
        feed(*columns, **changes)
    assert f"column {column!r}" in str(raised.value)
    assert problem in str(raised.value)
    assert f"feed {changes.get('name', 'town_records')}" in str(raised.value)


PERSON = Column("person", Text(9), "Number of the person", Key("town.person"))
CASE = Column("case", Text(9), "Number of the case", Key("town.case"))


def other(*columns: Column, **changes: Any) -> Feed:
    return feed(*columns, **{"name": "other", **changes})


def test_what_only_resembles_a_contradiction_is_accepted() -> None:
    feed(kept("x", Date("%m/%d/%Y", "%m/%d/%y", "%Y%m%d")))
    feed(
        kept("x", Text(9)),
        kept("y", Text(9)),
        timeline=(Event("service", date="day", detail={"a": "x", "a_raw": "y"}),),
    )
    feed(timeline=(Event("hearing", date="day", code=Const("99")),))
    feed(kept("x", Date("%b %e %Y %I:%M:%S:000%p", "%Y-%m-%d %H:%M:%S.0000000")))
    feed(expects=(Drift(low=0.1, reason="the office closes in August"), Fresh(0)))
    feed(expects=(Drift(otherwise="warn"),), delivery=Delta("week"))
    feed(KIND, deleted=Deleted("kind", ("GPP",)))
    feed(kept("x", Date(), null=True), deleted=Deleted("x"), timeline=(Event("service", date="day"),))
    feed(sequence=Sequence(), files="records_{sequence}.csv")
    feed(sequence=Sequence(), manifest=ManifestRule())
    feed(format=FixedWidth((("number", 1, 5), ("day", 6, 8)), record_length=20))


def test_a_way_to_a_person_must_lead_somewhere() -> None:
    hearings = feed(CASE, subject=Via("town.case"))
    with pytest.raises(ContractError, match=r"'case': no feed ties town\.case to a person"):
        check_together([hearings, other(CASE)])
    check_together([hearings, other(CASE, PERSON, subject=Key("town.person"))])


def test_another_agency_ties_a_number_only_where_both_share_it() -> None:
    shared = Column("case", Text(9), "Number of the case", Key("town.case"))
    hearings = feed(shared, subject=Via("town.case"))
    theirs = Column("person", Text(9), "Number of the person", Key("city.person"))
    charges = other(shared, theirs, NUMBER, agency="city", subject=Key("city.person"), shares=("town.case",),
                    columns=(shared, theirs), key=("case",), timeline=())  # fmt: skip
    with pytest.raises(ContractError, match="no feed ties"):
        check_together([hearings, charges])
    check_together([feed(shared, subject=Via("town.case"), shares=("town.case",)), charges])


def test_a_shared_number_is_stated_by_both_agencies() -> None:
    with pytest.raises(ContractError, match="with no other agency"):
        check_together([feed(CASE, shares=("town.case",))])


def test_what_is_shared_must_be_a_key() -> None:
    with pytest.raises(ContractError, match="no column has as a key"):
        check_together([feed(shares=("town.case",))])
