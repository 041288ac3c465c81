"""Parts of pages that were made before: used again where they would be the same, and only there."""

from pathlib import Path

import duckdb
import polars as pl
import pytest
from markupsafe import Markup

from tests.warehouse.report.snapshots import snapshot
from warehouse.report import kept, rates
from warehouse.report.kept import FILE, Kept
from warehouse.report.site import write_report


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return snapshot(tmp_path_factory.mktemp("town"), 240, studies=200)


def pages(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.html")}


def test_pages_made_of_kept_parts_are_the_same(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(town, tmp_path / "first")

    def never(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(rates, "released", never)
    monkeypatch.setattr("warehouse.report.figures.curves", never)
    write_report(town, tmp_path / "again")
    assert pages(tmp_path / "again") == pages(tmp_path / "first")
    town.with_name(FILE).unlink()
    with pytest.raises(AssertionError, match="made again"):
        write_report(town, tmp_path / "anew")


def test_what_is_made_of_other_numbers_is_made_again(town: Path, tmp_path: Path) -> None:
    first = pages(write_report(town, tmp_path / "first").parent)
    with duckdb.connect(str(town)) as connection:
        connection.execute("UPDATE outcome_rate SET events = events + 40, observable = observable + 60, n = n + 60")
    changed = pages(write_report(town, tmp_path / "report").parent)
    town.with_name(FILE).unlink()
    assert changed == pages(write_report(town, tmp_path / "anew").parent)
    assert [name for name in first if changed[name] != first[name]] == ["index.html"]


def test_what_other_code_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Kept(tmp_path / FILE)
    one.part("what", (1,), lambda: {"said": "before"})
    one.write()
    assert Kept(tmp_path / FILE).part("what", (1,), lambda: {"said": "now"}) == {"said": "before"}
    monkeypatch.setattr(kept, "computed_by", lambda: "another")
    assert Kept(tmp_path / FILE).part("what", (1,), lambda: {"said": "now"}) == {"said": "now"}


def test_markup_stays_markup_and_text_stays_text(tmp_path: Path) -> None:
    made = {"shown": Markup("<b>bold</b>"), "lines": [("<i>", None, 2.5)], "whole": {"yes": True}}
    one = Kept(tmp_path / FILE)
    one.part("what", (pl.DataFrame({"a": [1]}),), lambda: made)
    one.write()
    again = Kept(tmp_path / FILE).part("what", (pl.DataFrame({"a": [1]}),), dict)
    assert again == {"shown": Markup("<b>bold</b>"), "lines": [["<i>", None, 2.5]], "whole": {"yes": True}}
    assert isinstance(again["shown"], Markup)
    assert not isinstance(again["lines"][0][0], Markup)


def test_an_unreadable_file_is_as_good_as_none_and_old_parts_are_dropped(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"cut')
    for name in ("first", "second"):
        one = Kept(tmp_path / FILE)
        one.part(name, (), lambda: {"said": "so"})
        one.write()
    assert (tmp_path / FILE).read_text().count('"said"') == 1
