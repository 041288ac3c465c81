"""The drawn cells hold, and what is done with cells that are not just kept."""

from pathlib import Path
from typing import Any

import pytest

from schemas.codes import ROW_RULES
from schemas.contract import Code, Column, Date, Decimal, Drop, Identify, Integer, Key, Text
from tests.schemas.small import cell, kept
from tests.spec.rows.cases import CELLS, COURT, NULL
from tests.spec.rows.document import document


@pytest.mark.parametrize(("type", "text", "expected"), CELLS)
def test_a_cell_has_a_value_or_breaks_one_rule(type: Any, text: str | None, expected: Any) -> None:
    judged = cell(kept("cell", type), text)
    if expected in ROW_RULES:
        assert judged.rejected.rows() == [(2, "cell", expected)]
        assert judged.accepted.is_empty()
    else:
        assert judged.rejected.is_empty()
        assert judged.accepted["cell"].to_list() == [None if expected is NULL else expected]


@pytest.mark.parametrize("type", [Text(5), Text(5, "[0-9]"), Integer(1, 9), Decimal(1, 9), Date(), COURT])
def test_an_empty_cell_that_may_be_empty_breaks_no_rule(type: Any) -> None:
    assert cell(kept("cell", type, null=True), None).accepted["cell"].to_list() == [None]


def test_a_code_that_is_kept_has_the_agencys_text_beside_it() -> None:
    assert cell(kept("cell", COURT), "Dism.").accepted["cell (raw)"].to_list() == ["Dism."]


def test_a_code_that_only_identifies_has_no_text_beside_it() -> None:
    column = Column("Sex", Code({"m": "M"}), "Sex", Identify("sex"))
    from schemas.contract import EachRow, Feed
    from schemas.rows import judge_rows
    from tests.schemas.small import feed, table

    about_people: Feed = feed(column, subject=EachRow())
    judged = judge_rows(about_people, table(("number", "Sex"), ("1", "m")))
    assert judged.accepted.columns == ["row_number", "number", "Sex", "day"]


def test_a_dropped_cell_is_neither_judged_nor_passed_on() -> None:
    judged = cell(Column("notes", Text(3), "Free text", Drop()), "far too long\x07")
    assert judged.accepted.columns == ["row_number", "number", "day"]
    assert judged.rejected.is_empty()


def test_a_key_is_text() -> None:
    assert cell(Column("other", Text(5), "A number", Key("town.other")), "007").accepted["other"].to_list() == ["007"]


def test_the_page_in_docs_is_drawn_from_these_cells() -> None:
    page = Path(__file__).parents[3] / "docs" / "cells.md"
    assert page.read_text() == document(), "python -m tests.spec.rows.document > docs/cells.md"
