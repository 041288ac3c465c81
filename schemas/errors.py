"""The one small hierarchy of errors; no message ever carries the value of a cell or a file's name."""

from dataclasses import dataclass


class ThroughcareError(Exception):
    """Anything that Throughcare raises on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 1


class ContractError(ThroughcareError):
    """A feed contradicts itself; names feed and column."""

    exit_code = 2

    def __init__(self, feed: str, column: str, problem: str) -> None:
        """Say which column of which feed has which problem."""
        super().__init__(f"feed {feed}, column {column!r}: {problem}")


class StudyError(ThroughcareError):
    """A study cannot be what it says: it contradicts itself, or takes something from after its time zero."""

    exit_code = 2

    def __init__(self, study: str, part: str, problem: str) -> None:
        """Say which part of which study has which problem."""
        super().__init__(f"study {study}, {part}: {problem}")


class SettingsError(ThroughcareError):
    """The installation is not configured in a way that may run."""

    exit_code = 3


class StoreError(ThroughcareError):
    """A store (landing, vault, warehouse, snapshot) cannot do what was asked; the message holds no value."""

    exit_code = 4


class Unavailable(StoreError):
    """The store cannot be reached or has no room: the same call may succeed later, and no file is to blame."""


@dataclass
class DeliveryRefused(ThroughcareError):
    """A delivered file is refused as a whole: a closed code and, where it helps, row number and column."""

    code: str
    row_number: int | None = None
    column: str | None = None

    exit_code = 5

    def __str__(self) -> str:
        """The code with its place, no value."""
        place = [f"row {self.row_number}"] if self.row_number is not None else []
        place += [f"column {self.column!r}"] if self.column is not None else []
        return ", ".join([self.code, *place])
