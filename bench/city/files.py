"""Files as the agencies of the city write them: text of the feed's dialect, or a workbook."""

import codecs
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl

from bench.city.plant import BROKEN_BYTE, EXTRA_FIELD, SHORT_ROW
from schemas.contract import Date, Delimited, Excel, Feed

WORKBOOK_ROWS = 1_048_575
"""What a sheet holds under its header."""
SLICE_ROWS = 250_000
CRLF_AGENCIES = frozenset({"metro_court", "metro_probation"})


def as_text(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """Typed rows → the agency's texts, in the feed's date formats; null where the cell is empty."""
    order = [*feed.headers, *(name for name in feed.unused if name in rows.columns)]
    return rows.select("person", *(_text(feed, name) for name in order))


def _text(feed: Feed, name: str) -> pl.Expr:
    kind = feed.column(name).type if name in feed.headers else None
    if not isinstance(kind, Date):
        return pl.col(name).cast(pl.String)
    text = pl.col(name).dt.strftime(kind.formats[0])
    return text.fill_null(kind.open_end[0]) if kind.open_end else text


def write(feed: Feed, text: pl.DataFrame, path: Path) -> None:
    """Write the columns of ``text`` (all but ``person``) in the feed's format."""
    cells = text.drop("person", strict=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(feed.format, Excel):
        dates = {column.name for column in feed.columns if isinstance(column.type, Date)}
        path.write_bytes(workbook(cells, feed.format.sheet or "Sheet1", dates))
    elif isinstance(feed.format, Delimited):
        newline = "\r\n" if feed.agency in CRLF_AGENCIES else "\n"
        with path.open("wb") as file:
            file.writelines(delimited(cells, feed.format, newline))
    else:
        raise TypeError("the city writes no archives")


def delimited(cells: pl.DataFrame, form: Delimited, newline: str) -> Iterator[bytes]:
    """Header and rows as bytes of the dialect, in slices; stand-ins of planted faults are replaced."""
    encoder = codecs.getincrementalencoder(form.encoding)()
    style: Literal["never", "necessary"] = "never" if form.quote is None else "necessary"
    for number, some in enumerate(cells.iter_slices(SLICE_ROWS)):
        text = some.write_csv(
            include_header=number == 0, separator=form.separator, line_terminator=newline, quote_style=style,
            quote_char=form.quote or '"',
        )  # fmt: skip
        text = text.replace(SHORT_ROW + form.separator, "").replace(EXTRA_FIELD, form.separator)
        content = encoder.encode(text)
        yield content.replace(BROKEN_BYTE.encode(), b"\xe9") if form.encoding.startswith("utf-8") else content


_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    '<Relationship Id="rId2" Target="styles.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
_DAY_ZERO = pl.date(1899, 12, 30)


def workbook(cells: pl.DataFrame, sheet: str, dates: set[str]) -> bytes:
    """One sheet as xlsx; ISO dates in the columns ``dates`` become date cells, everything else text cells."""
    if len(cells) > WORKBOOK_ROWS:
        raise ValueError(f"a sheet holds {WORKBOOK_ROWS} rows; make fewer people")
    header = "".join(f'<c t="inlineStr"><is><t>{_escaped(name)}</t></is></c>' for name in cells.columns)
    lines = cells.select(
        pl.concat_str(pl.lit("<row>"), *(_cell(name, name in dates) for name in cells.columns), pl.lit("</row>"))
    ).to_series()  # fmt: skip
    body = "\n".join(lines.to_list())
    page = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"<row>{header}</row>\n{body}</sheetData></worksheet>"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**_PARTS, "xl/worksheets/sheet1.xml": page}.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 6, 30, 6, 0, 0)), part.replace("{sheet}", _escaped(sheet)),
                             zipfile.ZIP_DEFLATED)  # fmt: skip
    return content.getvalue()


def _cell(name: str, dated: bool) -> pl.Expr:
    escaped = pl.col(name).str.replace_all("&", "&amp;", literal=True).str.replace_all("<", "&lt;", literal=True)
    text = pl.concat_str(pl.lit('<c t="inlineStr"><is><t>'), escaped, pl.lit("</t></is></c>"))
    if dated:
        day = (pl.col(name).str.to_date("%Y-%m-%d", strict=False) - _DAY_ZERO).dt.total_days().cast(pl.String)
        text = pl.coalesce(pl.concat_str(pl.lit('<c s="1"><v>'), day, pl.lit("</v></c>")), text)
    return text.fill_null("<c/>")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
