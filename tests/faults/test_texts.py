"""Bytes and texts as nobody declared them: each is read as declared, or rejected by its code."""

import polars as pl
import pytest
import sqlalchemy as sa

from flows.stores import Stores
from tests.faults.fault import withstands
from tests.faults.steps import NAME, csv, current, spans, taken
from tests.faults.test_files import vault_texts
from tests.flows.conftest import content

LINES = csv().splitlines(keepends=True)


@withstands("NUL byte in a cell", "its row is rejected", "CT", "text")
def test_a_nul_byte_rejects_its_row(stores: Stores) -> None:
    receipt = taken(stores, NAME, b"".join([*LINES[:3], LINES[3].replace(b",", b",\x00", 1), *LINES[4:]]))
    assert (receipt.received, receipt.loaded, receipt.rejected) == (20, 19, 1)


@withstands("UTF-16 and Latin-1 where UTF-8 is declared", "refused whole", "CAT", "text")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_than_the_declared_one_is_refused(encoding: str, stores: Stores) -> None:
    text = b"".join(LINES).decode().replace("\n", "é\n", 2)
    receipt = taken(stores, NAME, text.encode(encoding))
    assert (receipt.state, receipt.loaded) == ("refused", 0)
    assert receipt.code in {"bad_encoding", "missing_column", "nul_byte"}
    assert spans(stores) == 0


@withstands("BOM, mixed newlines", "read as if without", "CT", "text")
def test_a_byte_order_mark_and_mixed_newlines_change_no_row(stores: Stores) -> None:
    lines = [line.rstrip(b"\n") for line in LINES]
    mixed = b"".join(line + (b"\r\n" if number % 2 else b"\n") for number, line in enumerate(lines))
    receipt = taken(stores, NAME, b"\xef\xbb\xbf" + mixed)
    assert (receipt.state, receipt.received, receipt.loaded) == ("loaded", 20, 20)


@withstands("a lone carriage return in a cell", "no row is split or lost", "CT", "text")
def test_a_lone_carriage_return_ends_no_row(stores: Stores) -> None:
    receipt = taken(stores, NAME, b"".join([*LINES[:3], LINES[3].replace(b",", b",\r", 1), *LINES[4:]]))
    assert (receipt.received, receipt.loaded + receipt.rejected) == (20, 20)


@withstands("200 kB field", "its row is rejected, the others stand", "CT", "text")
def test_a_field_of_200_kilobytes_rejects_its_row(stores: Stores) -> None:
    cells = LINES[3].split(b",")
    cells[4] = b"x" * 200_000
    receipt = taken(stores, NAME, b"".join([*LINES[:3], b",".join(cells), *LINES[4:]]))
    assert (receipt.received, receipt.loaded, receipt.rejected) == (20, 19, 1)


@withstands("repeated header names", "refused whole; the receipt gives the place, not the text", "APT", "text")
def test_repeated_header_names_refuse_the_file(stores: Stores) -> None:
    receipt = taken(stores, NAME, b"".join([LINES[0].replace(b"First Name", b"Last Name"), *LINES[1:]]))
    assert (receipt.state, receipt.code, receipt.loaded) == ("refused", "repeated_header", 0)
    assert receipt.column is not None and receipt.column.startswith("#")
    assert current(stores) == 0


@withstands("cells that begin like a formula", "stored as they came; no receipt has them", "CP", "formula")
def test_a_formula_is_kept_as_text_and_leaves_in_no_receipt(stores: Stores) -> None:
    formula = "=cmd|' /C calc'!A0"
    cells = content(size=5).with_columns(pl.lit(formula).alias("Last Name"), pl.lit("+1+1").alias("First Name"))
    assert taken(stores, NAME, cells.write_csv().encode()).loaded == 5
    blobs, _ = vault_texts(stores)
    assert len(blobs) == 5
    assert all(f"surname={formula}".encode() in blob and b"given_name=+1+1" in blob for blob in blobs)
    written = [path.read_bytes() for path in stores.settings.intake.rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert not any(b"cmd|" in one for one in written)
    with stores.warehouse.connect() as connection:
        rows = connection.scalars(sa.text("SELECT extract::text FROM ledger.extract")).all()
    assert rows
    assert not any("cmd|" in row for row in rows)


@withstands("a formula where a code is expected", "its row is rejected; no receipt repeats it", "CP", "formula")
def test_a_rejected_formula_is_not_repeated(stores: Stores) -> None:
    broken = LINES[3].split(b",")
    broken[15] = b"=HYPERLINK(1)"
    receipt = taken(stores, NAME, b"".join([*LINES[:3], b",".join(broken), *LINES[4:]]))
    assert (receipt.loaded, receipt.rejected) == (19, 1)
    assert not any(b"HYPERLINK" in path.read_bytes() for path in stores.settings.intake.rglob("*") if path.is_file())
