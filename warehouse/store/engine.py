"""Connections to the warehouse, and database errors without values."""

import datetime as dt
import json
from collections.abc import Callable
from functools import partial, wraps
from typing import Final, ParamSpec, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from schemas.errors import StoreError, Unavailable

__all__ = ["LeaseLost", "Unavailable", "connect", "raw", "valueless"]

P = ParamSpec("P")
T = TypeVar("T")

_UNAVAILABLE: Final = ("08", "53", "57")
"""SQLSTATE classes of a server that is away, full or shutting down."""


class LeaseLost(StoreError):
    """The extract was taken over, or is finished already: ask the ledger, do not retry blindly."""


def connect(url: str) -> Engine:
    """An engine on the warehouse; statements and errors hide their parameters."""
    options = "-c search_path=public -c timezone=UTC -c datestyle=ISO"
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        json_serializer=partial(json.dumps, default=_date_as_text, allow_nan=False),
        connect_args={"options": options},
    )


def _date_as_text(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def raw(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    """The driver's connection, inside the same transaction: for COPY, and for text with % in it."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise StoreError("warehouse: not a psycopg connection")
    return driver


def valueless(call: Callable[P, T]) -> Callable[P, T]:
    """Let a call raise database errors only as `StoreError`, with no cause that could hold a value."""

    @wraps(call)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except (psycopg.Error, SQLAlchemyError) as error:
            failure = _without_values(error)
        raise failure

    return wrapped


def _without_values(error: psycopg.Error | SQLAlchemyError) -> StoreError:
    """The SQLSTATE and the constraint's name, which hold no value of a row."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(original, psycopg.Error):
        return StoreError(f"warehouse: {type(error).__name__}")
    state, constraint = original.sqlstate, original.diag.constraint_name
    text = "warehouse: " + " ".join(part for part in (state or type(original).__name__, constraint) if part)
    lost = state is None and isinstance(original, psycopg.OperationalError)
    return Unavailable(text) if lost or (state or "")[:2] in _UNAVAILABLE else StoreError(text)
