"""What a delivery changed: a frame-free value that passes from the warehouse to the receipt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Difference:
    """Records of a delivery against what the feed said before it.

    ``before`` is the delivery before (the number of its receipt), if any. ``new``, ``changed`` and ``same`` are records
    that the delivery states; ``gone`` are those it ends: in a full delivery those that it lacks or calls deleted, in a
    delta those that it calls deleted.
    """

    before: int | None
    new: int
    changed: int
    gone: int
    same: int

    def to_json(self) -> dict[str, int | None]:
        """The same as values of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**values)
