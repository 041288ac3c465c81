"""What a view of the measures reads, through all views before it: kinds of fact, and tables."""

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
    views = _views(view)
    own = [_of_query(name) for name in views]
    kinds = [one.kinds for one in own if one.kinds is not None]
    every = frozenset(kind for named in kinds for kind in named)
    tables = frozenset(name for one in own for name in one.tables)
    return Reads(every if len(kinds) == len(own) else None, tables - {*MOMENTS, COVERAGE, *views})


def before(view: str) -> frozenset[str]:
    """The views that the view of this name reads, and those that they read."""
    return frozenset(_views(view)) - {view}


def _views(view: str) -> frozenset[str]:
    """The view and those that it reads, however far: those of which the query is known."""
    found: set[str] = set()
    wanted = {view}
    while wanted:
        name = wanted.pop()
        if name not in found and _query(name) is not None:
            found.add(name)
            wanted |= _of_query(name).tables
    return frozenset(found)


@cache
def _of_query(view: str) -> Reads:
    """What the view's own query names."""
    query = _query(view)
    assert query is not None
    own = {part.alias for part in query.find_all(exp.CTE)}
    tables = frozenset(table.name for table in query.find_all(exp.Table)) - own
    return Reads(kinds_named((query,)), tables)


@cache
def _query(view: str) -> exp.Query | None:
    typed = next((select(one) for one in TYPED_VIEWS if one.name == view), None)
    return typed or next((one.tree() for one in VIEWS if one.name == view), None)
