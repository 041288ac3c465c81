"""Workbooks that mean harm, made by hand: read in a child process under limits, or refused."""

import io
import time
import zipfile
from pathlib import Path

import pytest

from connectors.readers import read
from flows.stores import Stores
from schemas.errors import DeliveryRefused
from schemas.formats import Excel
from tests.faults.fault import withstands
from tests.faults.steps import PEERS, spans, taken
from tests.flows.feeds import declared

PART = 'xmlns="http://schemas.openxmlformats.org/{}"'
MAIN, RELATIONS = PART.format("spreadsheetml/2006/main"), PART.format("package/2006/relationships")
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY a0 "ha">{ENTITIES}]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY out SYSTEM "file:///etc/passwd">]>'


def workbook(sheet: str, doctype: str = "") -> bytes:
    """The smallest workbook there is, with these rows as XML."""
    parts = {
        "[Content_Types].xml": f'<Types {PART.format("package/2006/content-types")}>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships {RELATIONS}><Relationship Id="r1" Type="{OFFICE}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships {RELATIONS}><Relationship Id="r1" Type="{OFFICE}/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"{doctype}<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>",
    }  # fmt: skip
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in parts.items():
            opened.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return made.getvalue()


def row(number: int, *cells: str) -> str:
    filled = (f'<c r="{"ABCDE"[at]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in enumerate(cells))
    return f'<row r="{number}">{"".join(filled)}</row>'


HEADER = row(1, "Contact", "Member", "Day", "Minutes", "Gone")
FIRST = ("2025-01-05", "60", "")
WELL = workbook(HEADER + row(2, "1", "M1", *FIRST))
HOSTILE = {
    "an entity from outside": workbook(HEADER + row(2, "&out;", "M1", *FIRST), OUTSIDE),
    "a billion laughs": workbook(HEADER + row(2, "&a9;", "M1", *FIRST), LAUGHS),
    "a bomb": workbook(HEADER + row(2, "0" * (256 << 20), "M1", *FIRST)),
    "xml without an end": workbook(HEADER + "<row>"),
    "elements in elements": workbook(HEADER + "<row><c>" * 200_000),
    "no workbook": b"PK\x03\x04 and nothing",
}


@withstands("a workbook made by hand", "read as any other", "C", "workbook")
def test_a_workbook_made_by_hand_is_read() -> None:
    table = read(WELL, Excel())
    assert (table.received, table.rows.row(0)[1:5]) == (1, ("1", "M1", "2025-01-05", "60"))


@withstands(
    "XXE, billion laughs, bombs and broken XML in an xlsx",
    "refused by the child process in bounded time; the process that ingests lives on", "AT", "workbook",
)  # fmt: skip
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(DeliveryRefused) as refused:
        read(HOSTILE[name], Excel())
    assert time.monotonic() - began < 30
    assert refused.value.code in {"bad_workbook", "workbook_too_large", "zip_bomb"}


@withstands("a hostile xlsx in the intake", "one receipt with its code; the next workbook is loaded", "ACT", "workbook")
def test_a_hostile_workbook_gets_its_receipt_and_the_next_is_loaded(stores: Stores, tmp_path: Path) -> None:
    with declared(tmp_path / "feeds", "try_book", format="Excel()", files="try_book_{date:%Y%m%d}.xlsx"):
        receipt = taken(stores, "try_book_20250110.xlsx", HOSTILE["an entity from outside"], PEERS)
        assert (receipt.state, receipt.loaded, spans(stores)) == ("refused", 0, 0)
        assert not any(b"root:" in path.read_bytes() for path in stores.settings.intake.rglob("*") if path.is_file())
        assert taken(stores, "try_book_20250117.xlsx", WELL, PEERS).loaded == 1
