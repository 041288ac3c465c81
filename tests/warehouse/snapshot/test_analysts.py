"""The page for analysts does what it says: each snippet is run, in order, on a small published world."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.databases import Databases
from schemas.catalogue import feeds
from warehouse.snapshot.publish import publish

PAGE = Path(__file__).parents[3] / "docs" / "analysts.md"
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def desk(filled: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which an analyst works: ``published/demo`` stands in it."""
    folder = tmp_path_factory.mktemp("desk")
    publish(filled.warehouse, folder / "published", "demo", feeds())
    return folder


@pytest.fixture(scope="module")
def worked(desk: Path) -> Iterator[dict[str, Any]]:
    """What the names of the page stand for once all its Python was run."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        for language, snippet in SNIPPETS:
            if language == "python":
                exec(compile(snippet, str(PAGE), "exec"), names)
    yield names
    names["snapshot"].close()


def test_every_snippet_is_in_a_language_that_this_test_runs() -> None:
    assert {language for language, _ in SNIPPETS} == {"python", "sql", "r"}
    assert len(SNIPPETS) == PAGE.read_text().count("\n```") // 2


def test_the_python_of_the_page_runs(worked: dict[str, Any]) -> None:
    assert not worked["timeline"].empty
    assert worked["then"].height == worked["snapshot"].execute("SELECT count(*) FROM outcome_rate").fetchall()[0][0]
    assert len(worked["rates"]) == worked["then"].height
    assert list(worked["doubtful"].iloc[0]) == [5, 0]


def test_the_outcome_by_hand_is_the_published_one(worked: dict[str, Any]) -> None:
    query = "SELECT participant_key, value FROM outcome WHERE outcome = 'recharge' AND window_months = 12"
    published = worked["snapshot"].execute(query).df().set_index("participant_key")["value"].to_dict()
    assert worked["index"].set_index("participant_key")["value"].to_dict() == published
    assert worked["rate"] == 0.5


@pytest.mark.parametrize("query", [snippet for language, snippet in SNIPPETS if language == "sql"])
def test_the_sql_of_the_page_runs(desk: Path, query: str) -> None:
    with duckdb.connect(str(desk / "published" / "demo" / "throughcare.duckdb"), read_only=True) as connection:
        assert connection.execute(query).description


def test_the_queries_of_the_r_snippet_run(desk: Path) -> None:
    (snippet,) = (snippet for language, snippet in SNIPPETS if language == "r")
    path, *queries = re.findall(r'"([^"]+)"', snippet)
    assert len(queries) == 2
    with duckdb.connect(str(desk / path), read_only=True) as connection:
        assert all(connection.execute(query).description for query in queries)
