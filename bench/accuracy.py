"""How well predicted persons agree with true ones: over pairs of records and over persons.

``python -m bench.accuracy --snapshot FILE --truth DIR`` compares a published snapshot of a city with its truth
and prints one line of JSON.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import polars as pl

PLACE = ["feed", "as_of", "row_number"]
"""Where a record stands: the city delivers one file of a feed and date."""


@dataclass(frozen=True)
class Accuracy:
    """Shares 0–1 and the counts that they come from.

    A pair is two records of one person. ``precision``: of the predicted pairs, those that are true;
    ``recall``: of the true pairs, those that are predicted. ``split``: of the true persons with records,
    those in more than one predicted group; ``contaminated``: of the predicted groups, those that hold
    records of more than one true person.
    """

    records: int
    persons: int
    groups: int
    true_pairs: int
    predicted_pairs: int
    shared_pairs: int
    split: float
    contaminated: float

    @property
    def precision(self) -> float:
        """1 where nothing is predicted: nothing predicted is wrong."""
        return self.shared_pairs / self.predicted_pairs if self.predicted_pairs else 1.0

    @property
    def recall(self) -> float:
        """1 where there is nothing to find."""
        return self.shared_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def accuracy(predicted: pl.DataFrame, truth: pl.DataFrame, *, on: list[str]) -> Accuracy:
    """Compare ``predicted`` (``on``, participant_key) with ``truth`` (``on``, person), record by record.

    Only records that both frames know are compared; a null key or person leaves the record out, so rows
    that the linker rightly assigns to nobody are judged apart (`unassigned`). Raises `ValueError` where
    a record stands twice in either frame.
    """
    for name, frame in (("predicted", predicted), ("truth", truth)):
        if frame.select(on).is_duplicated().any():
            raise ValueError(f"a record stands twice in {name}")
    both = predicted.join(truth, on=on).select("participant_key", "person").drop_nulls()
    cells = both.group_by("participant_key", "person").len()
    return Accuracy(
        records=len(both),
        persons=cells["person"].n_unique(),
        groups=cells["participant_key"].n_unique(),
        true_pairs=_pairs(cells.group_by("person").agg(pl.col("len").sum())),
        predicted_pairs=_pairs(cells.group_by("participant_key").agg(pl.col("len").sum())),
        shared_pairs=_pairs(cells),
        split=_share_of_several(cells, "person"),
        contaminated=_share_of_several(cells, "participant_key"),
    )


def unassigned(predicted: pl.DataFrame, truth: pl.DataFrame, *, on: list[str]) -> pl.DataFrame:
    """The records of ``truth`` that ``predicted`` gives to nobody, or does not know."""
    return truth.join(predicted.drop_nulls("participant_key"), on=on, how="anti")


def _pairs(groups: pl.DataFrame) -> int:
    size = groups["len"].cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())


def _share_of_several(cells: pl.DataFrame, side: str) -> float:
    several = cells.group_by(side).len()["len"] > 1
    return float(several.mean() or 0.0)  # type: ignore[arg-type]


def of_snapshot(snapshot: Path, truth: Path) -> Accuracy:
    """Compare the loaded rows of a city in a snapshot with ``rows.parquet`` in the folder of its truth."""
    moments = " UNION ALL ".join(f"SELECT extract_id, row_number, participant_key FROM {t}" for t in ("event", "span"))
    query = (
        "SELECT DISTINCT feed, as_of, row_number::BIGINT AS row_number, participant_key::VARCHAR AS participant_key "
        f"FROM ({moments}) JOIN extract USING (extract_id)"
    )
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        predicted = connection.sql(query).pl()
    return accuracy(predicted, dated(pl.read_parquet(truth / "rows.parquet")), on=PLACE)


def dated(rows: pl.DataFrame) -> pl.DataFrame:
    """The truth's rows with the date in the file's name in place of the name: `PLACE` and person."""
    from schemas.catalogue import feeds

    files = rows.select("feed", "file").unique()
    dates = pl.Series([feeds()[feed].file_date(file) for feed, file in files.rows()], dtype=pl.Date)
    return rows.join(files.with_columns(as_of=dates), on=["feed", "file"]).select(*PLACE, "person")


def main() -> None:
    """Print precision, recall and what they come from."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy")
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--json", action="store_true", help="one line of JSON, which it prints anyway")
    options = parser.parse_args()
    measured = of_snapshot(options.snapshot, options.truth)
    shares = {name: round(getattr(measured, name), 4) for name in ("precision", "recall", "f1")}
    print(json.dumps(asdict(measured) | shares))


if __name__ == "__main__":
    main()
