"""The table ``measure``: one row a figure and group, as publication writes it."""

from typing import Final

import polars as pl

from warehouse.measures.equity import GROUPS
from warehouse.measures.metric import INTERVALS
from warehouse.measures.sections import SECTIONS
from warehouse.measures.view import Described, MeasureView

MEASURE: Final = pl.Schema({
    "measure": pl.String(), "metric": pl.String(), "unit": pl.String(), "group_kind": pl.String(), "grp": pl.String(),
    "n": pl.Int64(), "with_it": pl.Int64(), "numerator": pl.Float64(), "denominator": pl.Float64(),
    "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(), "interval": pl.String(), "basis": pl.String(),
})  # fmt: skip
ALL: Final = "all"
UNKNOWN: Final = "unknown"

MEASURE_TABLE: Final = MeasureView(
    "measure",
    "The figures of each measure, with intervals: descriptions of those who are in the files, exact and restricted",
    "",
    (
        Described("measure", "Which measure", codes={section.measure: section.meaning for section in SECTIONS}),
        Described("metric", "Which figure of it; docs/measures.md lists them. <metric>_gap: group less all others"),
        Described("unit", "Unit of value, low and high"),
        Described("group_kind", "By what people are divided", codes={
            ALL: "not at all", "need_code": "need of the referral",
            **{group: f"as participant_group has {group}" for group in GROUPS},
        }),
        Described("grp", "Which group"),
        Described("n", "Persons with something to divide by; of a gap, those of the smaller side", "persons"),
        Described("with_it", "Of these: with something to count", "persons"),
        Described("numerator", "What was summed above the line; empty for gaps and estimates of curves", "as metric"),
        Described("denominator", "What was summed below it", "as basis"),
        Described("value", "The figure; empty where there is nothing to divide by", "as unit"),
        Described("low", "Lower limit of its 95 % interval", "as unit"),
        Described("high", "Upper limit of its 95 % interval", "as unit"),
        Described("interval", "How the interval was made", codes=INTERVALS),
        Described("basis", "What the denominator counts"),
    ),
    "warehouse/measures/metrics.py",
)  # fmt: skip
