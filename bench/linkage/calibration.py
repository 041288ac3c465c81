"""How many of the links between two thresholds are right: ``python -m bench.linkage.calibration``.

Cities that no parameter was fitted to are linked by the shipped model. A participant of the main threshold whom the
next one takes apart is right to stand as one where all its parts are mostly of one person. The shares are what
`warehouse.study.drawn` draws partitions with.
"""

import argparse
import json
from typing import Final

import polars as pl

from bench.linkage.people import population
from identity import inmemory
from identity.model import shipped
from identity.standardise import standardise_columns
from warehouse.estimate.proportions import wilson

LEVELS: Final = (("group", "group_90", 0.5, 0.9), ("group_90", "group_99", 0.9, 0.99))
"""Partition, its next one, and the thresholds of both."""
FIRST_SEED: Final = 70_000


def main() -> None:
    """Measure and print one line of JSON: for each band of probability the share with Wilson's interval."""
    parser = argparse.ArgumentParser(prog="python -m bench.linkage.calibration")
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    judged = pl.concat(bands(options.records, FIRST_SEED + seed) for seed in range(options.seeds))
    found = {}
    for *_, low, high in LEVELS:
        of = judged.filter(pl.col("low") == low)["right"]
        share = wilson(int(of.sum()), len(of))
        limits = {"low": round(share.low or 0, 4), "high": round(share.high or 1, 4)}
        found[f"{low}-{high}"] = {"participants": len(of), "right": round(share.value, 4), **limits}
    print(json.dumps({"records": options.records, "seeds": options.seeds, "bands": found}))


def bands(records: int, seed: int) -> pl.DataFrame:
    """``low`` (the threshold that a part is held at) and ``right``, for each part that the next threshold divides."""
    written, _ = population(records, seed)
    rows = written.rename({"alias": "alias_0"}).with_row_index("identity_id").cast({"identity_id": pl.Int64})
    linked = inmemory.link(standardise_columns(rows), shipped(), inmemory.Clock())
    known = linked.grouped.join(rows.select("identity_id", "person"), on="identity_id")
    return pl.concat(_band(known, whole, part, low) for whole, part, low, _ in LEVELS)


def _band(known: pl.DataFrame, whole: str, part: str, low: float) -> pl.DataFrame:
    persons = known.group_by(whole, part, "person").len().sort("len", "person", descending=True)
    leading = persons.unique([whole, part], keep="first", maintain_order=True)
    divided = (
        leading.group_by(whole).agg(parts=pl.len(), people=pl.col("person").n_unique()).filter(pl.col("parts") > 1)
    )
    return divided.select(low=pl.lit(low), right=pl.col("people") == 1)


if __name__ == "__main__":
    main()
