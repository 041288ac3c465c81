"""The boundary of the room of identities: no exception leaves it that could quote a value."""

import functools
import traceback
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from schemas.errors import StoreError, ThroughcareError, Unavailable

P = ParamSpec("P")
R = TypeVar("R")

_UNAVAILABLE: Final = ("08", "53", "57")
"""SQLSTATE classes of a server that is away, full or shutting down."""


def sealed(function: Callable[P, R]) -> Callable[P, R]:
    """Turn every unforeseen exception into a `StoreError` of its type and place, with no cause attached.

    Errors of drivers, parsers and libraries quote what they could not digest; here that would be a name.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ThroughcareError:
            raise
        except Exception as error:
            failure = _failure(function.__qualname__, error)
        # Raised outside the handler, so that neither cause nor context carries the original.
        raise failure

    return call


def sealed_iterator(function: Callable[P, Iterator[R]]) -> Callable[P, Generator[R, None, None]]:
    """The same for a function that yields: whatever it raises between two values."""

    @functools.wraps(function)
    def iterate(*args: P.args, **kwargs: P.kwargs) -> Generator[R, None, None]:
        try:
            yield from function(*args, **kwargs)
            return
        except ThroughcareError:
            raise
        except Exception as error:
            failure = _failure(function.__qualname__, error)
        raise failure

    return iterate


def _failure(name: str, error: Exception) -> StoreError:
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if "identity" in Path(frame.filename).parts]
    where = f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    message = f"vault: {name} failed, {type(error).__name__}{f' {state}' if state else ''}{where}"
    return (Unavailable if (state or "").startswith(_UNAVAILABLE) else StoreError)(message)
