"""How good the linkage is as it stands: what each batch measured, and what follows for everybody, race included.

The vault says of each subject how many of its links are expected to be wrong or missing; sex, year of birth and race
are content of the warehouse. They meet here, and only their sums leave.
"""

from typing import Final, get_args

import duckdb
import polars as pl

from schemas.codes import Identifier
from warehouse.estimate.proportions import Estimate, wilson
from warehouse.snapshot.source import from_warehouse
from warehouse.snapshot.tables import TOLD
from warehouse.store.link_tables import EXPECTED

QUALITY: Final = pl.Schema({
    "scope": pl.String(), "batch_id": pl.Int64(), "metric": pl.String(), "grp": pl.String(), "level": pl.String(),
    "n": pl.Int64(), "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
})  # fmt: skip

_BATCHES: Final = from_warehouse(
    f"SELECT {', '.join(QUALITY)} FROM warehouse.link_quality WHERE scope = 'batch' "
    "ORDER BY batch_id, metric, grp, level"
)
_RECORD: Final = f"""
CREATE OR REPLACE TEMP TABLE linked_record AS
WITH told AS (
    SELECT subject_id, min(agency) AS agency FROM {TOLD} GROUP BY subject_id
), race AS (
    SELECT link.participant_key, told.race
    FROM {TOLD} AS told JOIN timeline.link AS link ON link.subject_id = told.subject_id
    WHERE told.race IS NOT NULL AND link.participant_key IS NOT NULL
    GROUP BY link.participant_key, told.race
    QUALIFY row_number() OVER (PARTITION BY link.participant_key ORDER BY sum(told.moments) DESC, told.race) = 1
)
SELECT link.*, 'overall' AS overall, coalesce(told.agency, 'unknown') AS agency,
       coalesce(person.sex, 'unknown') AS sex, coalesce(race.race, 'unknown') AS race,
       coalesce((person.birth_year // 10 * 10)::VARCHAR, 'unknown') AS birth_years
FROM {
    from_warehouse(
        f"SELECT subject_id, participant_key, {', '.join(EXPECTED)} FROM timeline.link "
        "WHERE links IS NOT NULL AND participant_key IS NOT NULL"
    )
} AS link
LEFT JOIN told USING (subject_id)
LEFT JOIN participant AS person ON person.participant_key = link.participant_key
LEFT JOIN race ON race.participant_key = link.participant_key
"""
_SUMS: Final = """
WITH person AS (
    SELECT {grp} AS level, participant_key, count(*) AS here, sum(links) AS links, sum(links_wrong) AS wrong,
           sum(links_missed) AS missed, sum(2 * links_missed * (links + 1)) AS missed_variance, sum(splits) AS splits,
           max(links) > 0 AS several, coalesce(bool_or(exact_split), false) AS torn,
           count(exact_split) > 0 AS judged
    FROM linked_record GROUP BY ALL
)
SELECT level, sum(here)::BIGINT AS records, sum(links) AS links, sum(wrong) AS wrong,
       sum(greatest(links - wrong, 0) * wrong) AS wrong_variance, sum(missed) AS missed,
       sum(missed_variance) AS missed_variance, sum(splits) AS splits, count(*) FILTER (several) AS persons,
       count(*) FILTER (several AND torn) AS torn, bool_and(judged) AS judged
FROM person GROUP BY level ORDER BY level
"""
_UNLINKED: Final = """
SELECT 'overall' AS level, count(*) FILTER (status = 'unlinked') AS n, n / nullif(count(*), 0) AS value FROM participant
"""
_GROUPS: Final = ("overall", "agency", "sex", "birth_years", "race")
_SIZES: Final = """
WITH person AS (SELECT max(links) + 1 AS size FROM linked_record GROUP BY participant_key)
SELECT CASE WHEN size <= 5 THEN (size::INTEGER)::VARCHAR WHEN size <= 10 THEN '6-10' WHEN size <= 20 THEN '11-20'
            WHEN size <= 60 THEN '21-60' ELSE 'over 60' END AS level, count(*) AS n
FROM person GROUP BY level ORDER BY min(size)
"""
_IDENTIFIERS: Final = get_args(Identifier)
_LACKING: Final = f"""
SELECT agency AS level, count(*) AS n,
       {", ".join(f"avg((lacks >> {place}) & 1) AS {field}" for place, field in enumerate(_IDENTIFIERS))}
FROM linked_record WHERE lacks IS NOT NULL GROUP BY agency ORDER BY agency
"""


def link_quality(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The table ``link_quality``, schema `QUALITY`: what each batch measured, then what holds overall.

    Overall: ``persons`` by size, ``unlinked`` (without any identifier), ``missing`` by identifier and agency, and by
    group ``false_discovery_model``, ``false_negative_model``, ``split_model`` and ``exact_split``, as in
    `identity.quality`, from the numbers that the batches left with each subject. Intervals take all links of a
    participant for one draw. Groups of which nothing is known are left out. Needs `tables.find_told` and the table
    ``participant``.
    """
    connection.execute(_RECORD)
    sizes = connection.execute(_SIZES).pl()
    parts = [_rows(sizes.with_columns(value=pl.col("n") / max(int(sizes["n"].sum()), 1)), "persons", "size")]
    parts.append(_rows(connection.execute(_UNLINKED).pl(), "unlinked", "overall"))
    parts += [part for grp in _GROUPS for part in _errors(connection, grp)]
    parts += _missing(connection)
    batches = connection.execute(f"FROM {_BATCHES}").pl()
    connection.execute("DROP TABLE temp.linked_record")
    return pl.concat([batches.cast(QUALITY), *parts])


def _errors(connection: duckdb.DuckDBPyConnection, grp: str) -> list[pl.DataFrame]:
    sums = connection.execute(_SUMS.format(grp=grp)).pl()
    if grp != "overall" and sums.filter(pl.col("level") != "unknown").is_empty():
        return []
    rows: dict[str, list[dict[str, object]]] = {}
    for row in sums.iter_rows(named=True):
        for metric, n, estimate in _estimates(row):
            limits = {"value": estimate and estimate.value, "low": estimate and estimate.low}
            found = {"level": row["level"], "n": n, **limits, "high": estimate and estimate.high}
            rows.setdefault(metric, []).append(found)
    schema = {name: QUALITY[name] for name in ("level", "n", "value", "low", "high")}
    return [_rows(pl.DataFrame(found, schema=schema), metric, grp) for metric, found in rows.items()]


def _estimates(sums: dict[str, float]) -> list[tuple[str, int, Estimate | None]]:
    """(Metric, n, estimate) of one level."""
    right = max(sums["links"] - sums["wrong"], 0.0)
    there = sums["missed"] + right
    records, persons = int(sums["records"]), int(sums["persons"])
    missed = sums["missed_variance"] * (right / there) ** 2 if there else 0.0
    found = [
        ("false_discovery_model", records, _share(sums["wrong"], sums["links"], sums["wrong_variance"])),
        ("false_negative_model", records, _share(sums["missed"], there, missed)),
        ("split_model", persons, _share(sums["splits"], persons + sums["splits"], sums["splits"])),
    ]
    if sums["judged"]:
        found.append(("exact_split", persons, wilson(int(sums["torn"]), persons) if persons else None))
    return found


def _share(part: float, whole: float, variance: float) -> Estimate | None:
    """The share with Wilson's interval for as many independent draws as have this variance; None of nothing."""
    if not whole:
        return None
    share = min(part / whole, 1.0)
    draws = share * (1 - share) * whole**2 / variance if variance else whole
    return wilson(share * draws, draws) if draws else Estimate(share, None, None)


def _missing(connection: duckdb.DuckDBPyConnection) -> list[pl.DataFrame]:
    """Identifiers that some agency delivers at all, with the share of records of each agency that lack them."""
    shares = connection.execute(_LACKING).pl()
    delivered = [field for field in _IDENTIFIERS if shares.filter(pl.col(field) < 1).height]
    return [_rows(shares.select("level", "n", value=field), "missing", field) for field in delivered]


def _rows(rows: pl.DataFrame, metric: str, grp: str) -> pl.DataFrame:
    stated = rows.with_columns(scope=pl.lit("overall"), metric=pl.lit(metric), grp=pl.lit(grp))
    return pl.concat([QUALITY.to_frame(), stated], how="diagonal_relaxed").select(list(QUALITY)).cast(QUALITY)
