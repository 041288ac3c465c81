"""What speaks for and against pairs of a few identities, as the linker sees them now."""

from typing import Final

import polars as pl
import psycopg

from identity import basis, clusters, decisions, left_kept, leftovers, registers, shared
from identity.compare import PAIRS, SCORED, ordered, score
from identity.keys import VaultKeys
from identity.linkstore import LinkStore
from identity.model import Model
from identity.waterfall import waterfall

MOST: Final = 300
"""Of more identities than these, those of the lowest rank are looked at: pairs grow as the square."""


class Evidence:
    """Scores, numbers, decisions and regroupings of a few identities, within one transaction.

    It waits for a link batch that is under way, so that it never sees half of one.
    """

    def __init__(self, cursor: psycopg.Cursor, keys: VaultKeys) -> None:
        """Take the model that links, and what it takes for registers."""
        self.model: Model = basis.model(cursor)
        self.store = LinkStore(cursor, keys)
        last = basis.last(cursor)
        self._registers = last.registers if last else ()
        self._known: dict[tuple[int, ...], pl.DataFrame] = {}

    def identities(self, subjects: pl.Series) -> pl.DataFrame:
        """Which of the subjects are identities (`clusters.IDENTITIES`), at most `MOST`, the lowest rank first."""
        return self.store.numbers(subjects).sort("rank").head(MOST)

    def edges(self, identities: pl.Series) -> pl.DataFrame:
        """All pairs of the identities, scored (`compare.SCORED`)."""
        asked = tuple(identities.unique().sort())
        if asked not in self._known:
            every = pl.DataFrame({"a": asked}, schema={"a": pl.Int64}).join(
                pl.DataFrame({"b": asked}, schema={"b": pl.Int64}), how="cross"
            )
            met = every.filter(pl.col("a") < pl.col("b"))
            pairs = ordered(met["a"], met["b"])
            scored = score(self._usable(identities), pairs, self.model) if pairs.height else SCORED.to_frame()
            held, numbers = self._held(identities), self.store.numbers(identities)
            self._known[asked] = registers.barred(scored, numbers, held).sort("left_id", "right_id")
        return self._known[asked]

    def steps(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """The steps (`waterfall.BARS`) by which the pairs (`PAIRS`) come to their weights."""
        ids = pl.concat([pairs["left_id"], pairs["right_id"]]).unique()
        return waterfall(self._usable(ids), pairs.select(list(PAIRS)), self.model)

    def regrouped(self, identities: pl.DataFrame, also: pl.DataFrame | None = None) -> pl.DataFrame:
        """The persons (`clusters.GROUPED`) that these (`clusters.IDENTITIES`) make under the decisions in force.

        ``also``: decisions (`decisions.DECIDED`) that are not made, to see what would come of them.
        """
        decided = decisions.active(self.store.cursor, identities["identity_id"])
        if also is not None:
            decided = pl.concat([also, decided]).unique(["left_id", "right_id"], keep="first")
        ids = identities["identity_id"]
        held = self._held(ids)
        grouped = clusters.group(identities, self.edges(ids), decided, held)
        joined = left_kept.joined(self.store.cursor)
        return leftovers.applied(grouped, joined, identities, held, decided)[0] if joined.height else grouped

    def _held(self, identities: pl.Series) -> pl.DataFrame:
        return registers.held(self.store.cursor, identities, self._registers)

    def _usable(self, identities: pl.Series) -> pl.DataFrame:
        """The identities in standard form, without values that too many carry."""
        standard = self.store.standard(identities)
        known = self.store.shared_values()
        if known.is_empty():
            return standard
        entered = shared.entries(standard, self.store.keys.block, self.model)
        return shared.without(standard, shared.values(entered), known)
