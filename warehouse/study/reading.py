"""Which kinds of fact SQL reads: what changed of no other cannot change its result."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from sqlglot import exp

from warehouse.study.compile import compiled
from warehouse.study.contract import Study

MOMENTS: Final = frozenset(("event", "span"))


@lru_cache(maxsize=32)
def kinds_of_study(study: Study) -> frozenset[str] | None:
    """The kinds that the steps of a study name; None where one of them reads every kind."""
    return kinds_of_studies((study,))


def kinds_of_studies(studies: Iterable[Study]) -> frozenset[str] | None:
    """The kinds that any of the studies names; None where one of them reads every kind."""
    return kinds_named(step.select for study in studies for step in compiled(study))


def kinds_named(queries: Iterable[exp.Query]) -> frozenset[str] | None:
    """Every string in the queries, kinds among them; None where one reads ``event`` or ``span`` whatever the kind.

    Each SELECT from these tables must ask for ``kind`` in so many words, as often as it reads one of them. Of coverage
    only rows are used that are joined by such a kind.
    """
    named: set[str] = set()
    for query in queries:
        if not all(_asks(select) for select in query.find_all(exp.Select)):
            return None
        named |= {literal.name for literal in query.find_all(exp.Literal) if literal.is_string}
    return frozenset(named)


def _asks(select: exp.Select) -> bool:
    sources = [select.args.get("from_"), *(select.args.get("joins") or ())]
    tables = [source.this for source in sources if source and isinstance(source.this, exp.Table)]
    read = sum(table.name in MOMENTS for table in tables)
    return read <= sum(1 for condition in _conditions(select) if _of_kind(condition))


def _conditions(select: exp.Select) -> Iterator[object]:
    """What must hold of every row: the parts of WHERE that AND joins."""
    where = select.args.get("where")
    if where is not None:
        yield from (where.this.flatten() if isinstance(where.this, exp.And) else (where.this,))


def _of_kind(condition: object) -> bool:
    """Whether a condition is ``kind = '…'`` or ``kind IN ('…', …)``."""
    if not isinstance(condition, exp.EQ | exp.In):
        return False
    column = condition.this
    if not isinstance(column, exp.Column) or column.name != "kind":
        return False
    values = condition.expressions if isinstance(condition, exp.In) else [condition.args["expression"]]
    return bool(values) and all(isinstance(value, exp.Literal) and value.is_string for value in values)
