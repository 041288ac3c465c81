"""The grid of outcomes as it may be shown: counts withheld or rounded, so that no small one can be worked out."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from warehouse.disclosure.rounding import BASE
from warehouse.disclosure.sheet import ALL, OVERALL, ROW, Key, Sheet

OUTER: Final = ("n", "observable")
INNER: Final = ("events", "competing")
COUNTS: Final = (*OUTER, *INNER)
_PRESUMED: Final = {
    "study": "", "threshold": 0.0, "arm": ALL, "stratum_kind": "", "stratum": OVERALL, "window_months": 0,
}  # fmt: skip


def protect(rates: pl.DataFrame, outer: Sequence[str] = OUTER, inner: Sequence[str] = INNER) -> pl.DataFrame:
    """The rows with their counts as they may be shown: null where withheld, else rounded to five.

    ``rates``: outcome and the counts, and where they differ study, threshold, arm (``all`` and its parts),
    stratum_kind (``overall`` and its divisions), stratum, window_months. Everything given is taken to be released
    together. Kept are: each count of seven or fewer, and each that leaves so few, able to be 0 and 10 for
    all that an attacker can work out; differences of 1 to 7 between successive windows, and of ``n`` and
    ``observable``, not known to be such. What is withheld at one threshold is withheld at all.
    """
    missing = (pl.lit(value).alias(name) for name, value in _PRESUMED.items() if name not in rates.columns)
    keyed = rates.with_columns(*missing).with_row_index("row")
    if keyed.is_empty():
        return rates
    found = {
        str(study): _study(part, outer, inner) for (study,), part in keyed.partition_by("study", as_dict=True).items()
    }
    hidden = {
        measure: [
            any((measure, *row[:3], window) in found[study].get(outcome, ()) for window in (row[3], None))
            for study, outcome, *row in keyed.select("study", "outcome", *ROW).iter_rows()
        ]
        for measure in (*outer, *inner)
    }
    return rates.with_columns(
        pl.when(pl.Series(hidden[measure])).then(None).otherwise((pl.col(measure) / BASE).round().cast(pl.Int64) * BASE)
        .alias(measure) for measure in (*outer, *inner)
    )  # fmt: skip


def _study(rates: pl.DataFrame, outer: Sequence[str], inner: Sequence[str]) -> dict[str, set[Key]]:
    """The cells withheld, by outcome: the same at all thresholds."""
    constant = _constant(rates, outer)
    widest = set[Key]() if not constant else _widest(rates, constant[0])
    hidden = {str(outcome): set(widest) for outcome in rates["outcome"].unique()}
    parts = rates.partition_by("outcome", "threshold", as_dict=True, maintain_order=True)
    safe: dict[tuple[object, ...], set[Key]] = {}
    found: dict[tuple[object, ...], set[Key]] = {}
    while waiting := [key for key in parts if safe.get(key) != hidden[str(key[0])]]:
        for key in waiting:
            outcome = str(key[0])
            alike = (frozenset(hidden[outcome]), tuple(parts[key].select(*ROW, *outer, *inner).iter_rows()))
            if alike not in found:
                sheet = Sheet(parts[key], outer, inner, constant)
                sheet.withhold(hidden[outcome])
                found[alike] = sheet.protect()
            hidden[outcome] |= found[alike]
            safe[key] = set(hidden[outcome])
            shared = {cell for cell in hidden[outcome] if cell[0] in constant}
            hidden = {other: cells | shared for other, cells in hidden.items()}
    return hidden


def _constant(rates: pl.DataFrame, outer: Sequence[str]) -> tuple[str, ...]:
    """The widest measure, where it holds others and is the same for all outcomes and windows."""
    several = rates.group_by("threshold", *ROW[:3]).agg(pl.col(outer[0]).n_unique() > 1)[outer[0]].any()
    return () if len(outer) == 1 or several else (outer[0],)


def _widest(rates: pl.DataFrame, measure: str) -> set[Key]:
    """What is withheld of the widest measure, which all outcomes and windows share."""
    once = rates.unique(["threshold", *ROW[:3]], maintain_order=True).with_columns(window_months=pl.lit(None, pl.Int32))
    sheets = (Sheet(part, (measure,), (), (measure,)) for part in once.partition_by("threshold"))
    return {key for sheet in sheets for key in sheet.protect()}
