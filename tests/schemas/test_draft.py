"""A contract drafted from a few drawn rows: what each column becomes, and what a person is asked."""

import datetime as dt

import polars as pl
import pytest

from schemas.columns import Code, Date, Decimal, Drop, Identify, Integer, Keep, Key, Text
from schemas.contract import Delimited, EachRow, Event, Feed, FileDate, Fixed, LatestOf, NoSubject, Span, SpanEnd, Via
from schemas.draft import Draft, draft
from schemas.table import FAULTS, RawTable

DAY = dt.date(2025, 7, 1)


def drafted(columns: dict[str, list[str | None]], file_name: str = "sample.csv", **named: object) -> Draft:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String())).with_row_index("row_number", offset=2)
    table = RawTable(frame.cast({"row_number": pl.Int64}), FAULTS.to_frame(), frame.height)
    return draft("acme_rows", "acme", file_name, Delimited(), table, day=DAY, **named)  # type: ignore[arg-type]


def over(texts: str, times: int = 10) -> list[str | None]:
    """Cells of a drawing, ``_`` for an empty one, over and over."""
    return [None if text == "_" else text.replace("~", " ") for text in texts.split() * times]


def numbered(form: str, rows: int = 40) -> list[str | None]:
    return [form.format(number) for number in range(rows)]


@pytest.mark.parametrize(
    ("header", "cells", "uses"),
    [
        ("First Name", "Ana Bo Cy Di", [Identify("given_name")]),
        ("LASTNAME", "Ek Fu Go Ho", [Identify("surname")]),
        ("OFFNFIRSTNAME", "Ana Bo Cy Di", [Identify("given_name")]),
        ("Name", "EK,ANA FU,BO GO,CY HO,DI", [Identify("full_name")]),
        ("column_7", "EK,ANA FU,BO GO,CY HO,DI", [Identify("full_name")]),
        ("column_7", "SMITH JONES GARCIA XQ", [Drop()]),
        ("AKA", "Annie Bee _ Dee", [Identify("alias")]),
        ("SSN", "123-45-6789 987-65-4321 111-22-3333 _", [Identify("ssn")]),
        ("column_3", "123-45-6789 987-65-4321 111-22-3333 _", [Identify("ssn")]),
        ("SSN Last 4", "1234 5678 9012 3456", [Identify("ssn_last4")]),
        ("SID", "CA1234567 CA2345678 CA3456789 _", [Identify("state_id")]),
        ("column_4", "a@b.org c@d.org e@f.org _", [Identify("email")]),
        ("column_5", "555-123-4567 (555)~222-3333 _ 555.222.3333", [Identify("phone")]),
        ("column_6", "1~Main~St 22~Oak~Ave 3~Elm~Road _", [Identify("address")]),
        ("Zip", "90001 90002 90003 _", [Identify("zip")]),
        ("JUDGE", "Ek Fu Go Ho", [Drop()]),
        ("UpdatedBy", "xek xfu xgo xho", [Drop()]),
        ("Remarks", "fine fine bad bad", [Drop()]),
        ("Height", "180 190 170 165", [Drop()]),
        ("County", "North South North South", [Drop()]),
        ("CourtName", "North South North South", [Drop()]),
        ("column_9", "zugor zagor zogor zigor", [Drop()]),
        ("column_9", "zug zag zog zig", [Keep()]),
        ("Inmate No", "17 18 19 20", [Key("acme.inmate")]),
        ("Member", "000017 000018 000019 000020", [Key("acme.member")]),
        ("CASE_NO", "C-1 C-2 C-3 C-4", [Key("acme.case")]),
        ("column_8", "9c0f7a6e5d4c3b2a19c0f7a6e5d4c3b2 0c0f7a6e5d4c3b2a19c0f7a6e5d4c3b2", [Key("acme.column_8")]),
        ("Status", "OPEN CLOSED OPEN OPEN", [Keep()]),
        ("DAYS", "10 200 _ 30", [Keep()]),
        ("COUNT_NO", "1 2 3 1", [Keep()]),
        ("Gender", "M F F M", [Identify("sex"), Keep()]),
        ("Race", "White Black Black White", [Identify("race"), Keep()]),
        ("LedBy", "Peer Staff Peer Expert", [Keep()]),
        ("Referred by", "zug zag zog zig", [Drop()]),
    ],
)
def test_a_column_is_kept_only_where_it_is_known_to_name_nobody(header: str, cells: str, uses: list[object]) -> None:
    rows = len(cells.split()) * 10
    about = {"Person ID": numbered("P{:07}", rows), "Hearing Date": over("2024-01-05 2024-02-06", rows // 2)}
    column = drafted({**about, header: over(cells)}).feed.column(header)
    assert list(column.uses) == uses


@pytest.mark.parametrize(
    ("cells", "type"),
    [
        ("2024-01-31 2024-02-01", Date("%Y-%m-%d")),
        ("20240131 20240201 99999999", Date("%Y%m%d", open_end="99999999")),
        ("01/31/2024 02/01/2024 12/31/9999", Date("%m/%d/%Y", open_end="12/31/9999")),
        ("1/31/2024 12/1/2024", Date("%-m/%-d/%Y")),
        ("31/01/2024 01/02/2024", Date("%d/%m/%Y")),
        ("31.01.2024 01.02.2024", Date("%d.%m.%Y")),
        ("31-JAN-24 01-FEB-24", Date("%d-%b-%y")),
        ("01/31/24 02/01/24", Date("%m/%d/%y")),
        ("Jan~~1~2024~12:00:00:000AM Dec~21~2024~12:00:00:000AM", Date("%b %e %Y %I:%M:%S:000%p")),
        ("2024-01-31~00:00:00.0000000 2024-02-01~00:00:00.0000000", Date("%Y-%m-%d %H:%M:%S.0000000")),
        ("2024-01-31 2024-01-31 2024-01-31~10:11:12", Date("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")),
        ("10 20 300 7", Integer(0, 999)),
        ("1.5 2.25 300.00 7.00", Decimal(0, 1000)),
        ("-1.5 2.25 300.00 7.00", Decimal(None, 1000)),
    ],
)
def test_types_are_found_in_the_cells(cells: str, type: object) -> None:
    found = drafted({"Person ID": numbered("P{:07}", 10 * len(cells.split())), "Amount Paid": over(cells)})
    assert found.feed.column("Amount Paid").type == type


def test_ends_of_numbers_are_round_so_that_they_are_no_cell() -> None:
    columns = {"Date": over("2024-01-01 2024-01-02"), "Days": over("17 4217"), "Person ID": numbered("P{:07}", 20)}
    assert drafted(columns).feed.column("Days").type == Integer(0, 9999)


def test_words_for_nothing_are_empty_but_the_surname_null_is_a_name() -> None:
    columns = {
        "Person ID": numbered("P{:07}"),
        "Last Name": over("Null Ek Fu Go"),
        "Start Date": over("NULL 2024-01-05 2024-01-06 2024-01-07"),
        "End Date": over("N/A 2024-02-05 ~~ 2024-02-07"),
    }
    form = drafted(columns).feed.format
    assert isinstance(form, Delimited)
    assert form.null == ("", "N/A", "NULL", "  ")


def test_a_code_that_occurs_once_is_not_listed_nor_one_that_names_somebody_elsewhere() -> None:
    columns = {
        "Person ID": numbered("P{:07}", 1000),
        "Last Name": over("Openshaw Ek Fu Go", 250),
        "Hearing Date": over("2024-01-05 2024-02-06", 500),
        "Status": [*over("OPEN CLOSED", 498), "STRAY", "CLOSED", "Openshaw", "Openshaw"],
    }
    type = drafted(columns).feed.column("Status").type
    assert isinstance(type, Code)
    assert dict(type.codes) == {"CLOSED": "CLOSED", "OPEN": "OPEN"}


def test_a_birth_date_is_known_by_its_years_and_one_without_a_century_is_dropped() -> None:
    about = {"Person ID": numbered("P{:07}"), "Seen": over("2024-01-05 2024-02-06", 20)}
    feed = drafted({**about, "column_3": over("1980-01-05 1990-02-06", 20), "DOB": over("01/05/80 02/06/90", 20)}).feed
    assert feed.column("column_3").uses == (Identify("birth_date"),)
    assert feed.column("DOB").uses == (Drop(),)


@pytest.mark.parametrize(
    ("columns", "kind", "mapped"),
    [
        (["Start Date", "End Date", "Supervision Type"], "supervision", Span),
        (["Entry Date", "Project Type"], "service", Event),
        (["SESSION_DT", "Attendance"], "attendance", Event),
        (["FILED_DT", "OFFENSE"], "charge", Event),
        (["Seen"], "service", Event),
    ],
)
def test_the_timeline_is_guessed_from_words(columns: list[str], kind: str, mapped: type) -> None:
    cells = {
        name: over("2024-01-05 2024-02-06") for name in columns if name[-4:].lower() in ("date", "seen", "n_dt", "d_dt")
    }
    cells |= {name: over("P A") for name in columns if name not in cells}
    feed = drafted({"Person ID": numbered("P{:07}", 20), **cells}).feed
    assert [(type(each), each.kind) for each in feed.timeline] == [(mapped, kind)]


def test_codes_are_ours_where_every_one_of_them_is_known() -> None:
    columns = {"Member": numbered("{:06}", 20), "Session": over("2024-01-05 2024-02-06"), "Attended": over("P LE")}
    feed = drafted(columns, "attendance.csv").feed
    assert feed.column("Attended").type == Code({"LE": "left_early", "P": "attended"})
    assert isinstance(feed.timeline[0], Event)
    assert feed.timeline[0].code == "Attended"


def test_a_file_of_exits_ends_spans() -> None:
    columns = {
        "Exit ID": numbered("{:06}", 20),
        "Enrollment ID": numbered("{:05}", 20),
        "Exit Date": over("2024-01-05 _"),
    }
    feed = drafted(columns, "exit.csv").feed
    assert feed.timeline == (SpanEnd("enrolment", date="Exit Date", record="acme.enrollment"),)


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        (["Person ID", "Last Name"], Key("acme.person")),
        (["Arrest ID", "Last Name"], EachRow()),
        (["CASE_NO", "CHARGE"], Via("acme.case")),
        (["Location ID", "Location"], NoSubject()),
    ],
)
def test_whom_a_row_is_about(headers: list[str], subject: object) -> None:
    assert drafted({headers[0]: numbered("A{:05}"), headers[1]: numbered("x{:03}")}).feed.subject == subject


def test_a_defendant_is_known_by_case_and_place_in_it() -> None:
    columns = {"CASE_NO": numbered("C{:05}"), "DEF_NO": over("D01 D02", 20), "DISP_DT": over("20240105 20240206", 20)}
    feed = drafted(columns).feed
    assert feed.subject == Via("acme.case_party")
    assert feed.namespaces == {"acme.case": ("CASE_NO",), "acme.case_party": ("CASE_NO", "DEF_NO")}


def test_the_key_is_counted_and_numbers_of_the_agency_come_first() -> None:
    columns: dict[str, list[str | None]] = {
        "Person ID": over("P1 P1 P2 P2", 25),
        "Seen": [f"2024-01-{1 + row // 4:02}" for row in range(100)],
        "COUNT_NO": over("1 2 1 2", 25),
        "Incident No": numbered("I{:03}", 100),
    }
    assert drafted(columns).feed.key == ("Incident No",)
    del columns["Incident No"]
    assert drafted(columns).feed.key == ("Person ID", "COUNT_NO", "Seen")


@pytest.mark.parametrize(
    ("file_name", "files", "date"),
    [
        ("charges_20240131.txt", "charges_{date:%Y%m%d}.txt", FileDate()),
        ("charges 2024-01-31 v2.csv", "charges {date:%Y-%m-%d} v*.csv", FileDate()),
        ("charges_01312024.csv", "charges_{date:%m%d%Y}.csv", FileDate()),
        ("charges_17.csv", "charges_*.csv", LatestOf("Seen")),
        ("openshaw_charges.csv", "*_charges.csv", LatestOf("Seen")),
    ],
)
def test_names_of_files_tell_the_date_and_nobody(file_name: str, files: str, date: object) -> None:
    columns = {
        "ID": numbered("A{:05}"),
        "Last Name": numbered("Openshaw Ek"),
        "Seen": over("2024-01-05 2024-01-06", 20),
    }
    feed = drafted(columns, file_name).feed
    assert (feed.files, feed.coverage.date) == (files, date)
    assert feed.matches(file_name)
    assert feed.coverage.since == dt.date(2024, 1, 1)


def test_without_a_date_nothing_is_kept_and_the_day_of_drafting_dates_it() -> None:
    feed = drafted({"Person ID": numbered("A{:05}"), "Status": over("OPEN CLOSED", 20)}).feed
    assert feed.timeline == ()
    assert feed.column("Status").uses == (Drop(),)
    assert feed.coverage.date == Fixed(DAY)


def test_headers_that_mean_something_else_are_left_aside() -> None:
    feed = drafted({"Person ID": numbered("A{:05}"), "": over("a b", 20), "source_key": over("a b", 20)}).feed
    assert feed.unused == ("", "source_key")


def test_a_file_of_a_header_only_is_drafted_by_its_words() -> None:
    feed = drafted({"OFFENDERID": [], "LAST_NAME": [], "STATUS": []}).feed
    assert [column.uses for column in feed.columns] == [(Key("acme.offender"),), (Identify("surname"),), (Drop(),)]
    assert feed.column("LAST_NAME").null


def test_headers_of_the_agencys_other_feeds_are_the_same_numbers_here() -> None:
    first = drafted({"Inmate No": numbered("A{:05}"), "Booking No": numbered("B{:05}"), "Last Name": numbered("Ek{}")})
    other = Feed(**{**vars(first.feed), "agreement": "acme-2025", "name": "acme_people"})
    second = drafted({"Inmate No": numbered("A{:05}"), "Seen": over("2024-01-05 2024-01-06", 20)}, others=(other,)).feed
    assert second.subject == Key("acme.inmate")
    assert second.agreement == "acme-2025"


def test_what_its_own_sample_breaks_is_loosened() -> None:
    columns = {
        "Person ID": [*numbered("P{:07}", 60), *numbered("{:03}", 40)],
        "Start Date": over("2024-01-05 2024-03-06", 50),
        "End Date": over("2024-02-05 2024-02-06", 50),
        "COUNT_NO": [*over("1 2", 47), "x", "y", "z", "x", "y", "z"],
    }
    found = drafted(columns)
    assert (found.loaded, found.rows) == (100, 100)
    assert isinstance(found.feed.timeline[0], Event)
    assert found.feed.column("Person ID").type == Text(10)
    assert found.feed.column("COUNT_NO").uses == (Key("acme.count"),)
