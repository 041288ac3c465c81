"""What a view of the measures reads, through all views before it: kinds of fact, and tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlglot import exp

from warehouse.measures.views import VIEWS
from warehouse.snapshot.typed import TYPED_VIEWS
from warehouse.snapshot.views import select
from warehouse.study.reading import MOMENTS, kinds_named

COVERAGE: Final = "coverage"


@dataclass(frozen=True)
class Reads:
    """``kinds``: None where every kind is read; ``tables``: beside events, spans and their coverage."""

    kinds: frozenset[str] | None
    tables: frozenset[str]


@cache
def reads(view: str) -> Reads:
    """What the view of this name reads."""
    queries = dict(_queries(view))
    tables = {name for query in queries.values() for name in _tables(query)}
    return Reads(kinds_named(queries.values()), frozenset(tables - {*MOMENTS, COVERAGE, *queries}))


def before(view: str) -> frozenset[str]:
    """The views that the view of this name reads, and those that they read."""
    return frozenset(name for name, _ in _queries(view) if name != view)


def _queries(view: str) -> Iterator[tuple[str, exp.Query]]:
    """The view's own query and those of the views that it reads."""
    query = _query(view)
    if query is not None:
        yield view, query
        for name in _tables(query):
            yield from _queries(name)


@cache
def _query(view: str) -> exp.Query | None:
    typed = next((select(one) for one in TYPED_VIEWS if one.name == view), None)
    return typed or next((one.tree() for one in VIEWS if one.name == view), None)


def _tables(query: exp.Query) -> set[str]:
    own = {part.alias for part in query.find_all(exp.CTE)}
    return {table.name for table in query.find_all(exp.Table)} - own
