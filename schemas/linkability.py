"""How many rows of a delivery can be linked: a value that passes from the linker's room to the receipt."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Linkability:
    """Counts of rows.

    ``enough``: rows that carry enough by themselves; ``by_number``: others, which are linked if another row, of this
    or another feed, names the person under the agency's own number that they carry. Were ``column`` filled wherever
    it is empty, ``adds`` rows more would carry enough. ``is_estimate``: the counts stand for all rows, but of a
    large batch only every so-many-th was looked at.
    """

    rows: int
    enough: int
    by_number: int
    column: str | None = None
    adds: int = 0
    is_estimate: bool = False

    @property
    def score(self) -> float:
        """The share of rows that carry enough, of 0 to 1; 1 where there is no row."""
        return self.enough / self.rows if self.rows else 1.0
