"""Drawn: a contract that contradicts itself, and the column and problem that it is refused with."""

import datetime as dt
from typing import Any

import pytest

from schemas.catalogue import check_together
from schemas.contract import (
    Code,
    Column,
    Date,
    Decimal,
    Drop,
    EachRow,
    Event,
    Feed,
    FileDate,
    Filled,
    Identify,
    InScale,
    Integer,
    Keep,
    Key,
    LatestOf,
    Ordered,
    Span,
    Text,
    UpTo,
    Via,
)
from schemas.errors import ContractError
from tests.schemas.small import NUMBER, feed, kept

NOTES = Column("notes", Text(9), "Notes", Drop())
DAY, WORD = kept("from", Date()), kept("word", Text(9))
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
