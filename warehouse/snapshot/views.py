"""The views in the dialect that is asked for: one statement of each, turned by sqlglot.

The base views are those of the store, written in PostgreSQL's SQL, so that snapshot and warehouse cannot
come to disagree; in the snapshot the schema ``warehouse`` is ``main``.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, cast

import sqlglot
from sqlglot import exp

from warehouse.snapshot.typed import TYPED_VIEWS, WHENCE, WHO, TypedView
from warehouse.store.views import VIEWS

Dialect = Literal["duckdb", "postgres"]

DERIVED: Final = ("extract_life", "record_life", "span_end")
"""The store's views in schema ``timeline`` that publication computes once, so that readers need not."""
BASE_VIEWS: Final = (
    "extract", "event_history", "span_history", "event", "span", "participant_link", "participant_successor",
)  # fmt: skip
"""The store's views that are views in the snapshot too, in schema ``main``."""


@cache
def typed_view_ddl(dialect: Dialect) -> tuple[str, ...]:
    """CREATE VIEW statements of the typed views; in PostgreSQL each is followed by its COMMENT.

    They read ``event`` and ``span`` without a schema: the caller sets the search path.
    """
    statements: list[str] = []
    for view in TYPED_VIEWS:
        create = exp.Create(this=exp.to_table(view.name), kind="VIEW", expression=select(view))
        statements.append(create.sql(dialect=dialect, pretty=True))
        if dialect == "postgres":
            statements.append(f"COMMENT ON VIEW {view.name} IS {exp.Literal.string(view.meaning).sql('postgres')}")
            statements += (_comment(view.name, c.name, c.meaning) for c in (*WHO, *view.columns, *WHENCE))
    return tuple(statements)


def select(view: TypedView) -> exp.Select:
    """The query of a typed view."""
    columns = ", ".join(f"{column.expression} AS {column.name}" for column in (*WHO, *view.columns, *WHENCE))
    query = f"SELECT {columns} FROM {view.table} AS moment {view.joins} WHERE moment.kind = '{view.kind}'"
    return cast("exp.Select", sqlglot.parse_one(query, read="postgres"))


def store_views(names: tuple[str, ...]) -> dict[str, str]:
    """Name → the query of a view of the store, as DuckDB reads it, in the store's order."""
    return {name: query for name, query in _of_the_store().items() if name in names}


@cache
def _of_the_store() -> Mapping[str, str]:
    created = (sqlglot.parse_one(view, read="postgres") for view in VIEWS if "CREATE VIEW" in view)
    queries = {create.this.name: create.expression for create in created}
    return {name: _for_duckdb(query) for name, query in queries.items() if name in (*DERIVED, *BASE_VIEWS)}


def _for_duckdb(query: exp.Expression) -> str:
    """The query with the snapshot's schemas, and what DuckDB does otherwise than PostgreSQL put right."""
    return query.transform(_at_home).sql(dialect="duckdb", pretty=True)


def _at_home(node: exp.Expression) -> exp.Expression:
    """Schema ``warehouse`` is ``main``; LIKE has no escape character unless it is stated."""
    if isinstance(node, exp.Table) and node.db == "warehouse":
        node.set("db", exp.to_identifier("main"))
    if isinstance(node, exp.Like) and "\\" in node.expression.name and not isinstance(node.parent, exp.Escape):
        return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))
    if isinstance(node, exp.And) and isinstance(node.parent, (exp.And, exp.Join)) and _is_implied(node.this):
        return cast("exp.Expression", node.expression)
    return node


def _is_implied(condition: exp.Expression) -> bool:
    """Whether a join's condition only helps PostgreSQL: records that no delta states anew have no life of their own.

    DuckDB would make a nested loop of an outer join with a condition on its left side.
    """
    return condition.sql() == "life.restated"


def _comment(view: str, column: str, meaning: str) -> str:
    return f"COMMENT ON COLUMN {view}.{column} IS {exp.Literal.string(meaning).sql('postgres')}"
