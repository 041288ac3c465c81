"""The page on every table, column, unit and code of the snapshot."""

from typing import Any, Final

from markupsafe import Markup

from warehouse.report.contents import Contents
from warehouse.report.tables import Heading, day, table

_HEADINGS: Final = (
    Heading("column_name", "column", names=True), Heading("type", "type", day), Heading("unit", "unit", day),
    Heading("meaning", "meaning", day, wraps=True), Heading("codes", "codes", day, wraps=True),
)  # fmt: skip


def sections(contents: Contents) -> dict[str, Any]:
    """What the template of the page is filled with."""
    tables = []
    for (name,), part in contents.dictionary.group_by("table_name", maintain_order=True):
        about = part.filter(part["column_name"].is_null())
        columns = part.filter(part["column_name"].is_not_null()).to_dicts()
        source = about["source"].to_list()[0] if about.height else None
        tables.append({
            "name": name, "meaning": about["meaning"].to_list()[0] if about.height else "", "source": source or "",
            "columns": table(_HEADINGS, columns, f"Columns of {name}") if columns else Markup(), "n": len(columns),
        })  # fmt: skip
    return {"tables": tables}
