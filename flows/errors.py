"""The boundary behind which every failure is a code: no message, no cause, no value.

Prefect stores the text of every exception that leaves a flow, so only `RunFailed` may leave one.
"""

import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from schemas.errors import DeliveryRefused, StoreError, ThroughcareError

P = ParamSpec("P")
T = TypeVar("T")

_HOUSE: Final = Path(__file__).resolve().parents[1]


class RunFailed(ThroughcareError):
    """A step failed; ``code`` says how, ``place`` where in our own code, ``extract_id`` on which extract."""

    def __init__(self, code: str, extract_id: int | None = None, place: str = "", exit_code: int = 1) -> None:
        """Take parts that hold no value of a cell and no file's name."""
        super().__init__(", ".join(_parts(code, extract_id, place)))
        self.code, self.extract_id, self.place, self.exit_code = code, extract_id, place, exit_code


def only_codes(call: Callable[P, T]) -> Callable[P, T]:
    """Let a call raise `RunFailed` only; the original is neither its cause nor its context."""

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except Exception as error:
            failed = describe(error)
        raise failed

    return guarded


def describe(error: Exception, extract_id: int | None = None) -> RunFailed:
    """What may be said about an exception: its kind, and the last place in our own code that it passed."""
    if isinstance(error, RunFailed):
        return RunFailed(error.code, error.extract_id, error.place, error.exit_code)
    exit_code = error.exit_code if isinstance(error, ThroughcareError) else 1
    return RunFailed(_code(error), extract_id, _place(error), exit_code)


def _code(error: Exception) -> str:
    if isinstance(error, DeliveryRefused):
        return error.code
    return "store_unavailable" if isinstance(error, StoreError) else f"unexpected_{type(error).__name__}"


def _place(error: Exception) -> str:
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_HOUSE) and ".venv" not in path.parts:
            return f"{path.relative_to(_HOUSE)}:{frame.lineno}"
    return ""


def _parts(code: str, extract_id: int | None, place: str) -> Iterator[str]:
    yield code
    if extract_id is not None:
        yield f"extract {extract_id}"
    if place:
        yield place
