"""The steps of a pair add up to the weight that Splink gives it."""

import polars as pl
import pytest

from identity.compare import PAIRS, compare
from identity.model import shipped
from identity.standardise import standardise
from identity.waterfall import BARS, EMPTY, PRIOR, waterfall

RECORDS: list[dict[str, list[str]]] = [
    {"full_name": ["SMITH, JAMES"], "birth_date": ["1980-02-03"], "sex": ["M"], "ssn": ["219099999"]},
    {"full_name": ["SMITH, JAMES"], "birth_date": ["1980-02-03"], "sex": ["M"], "ssn_last4": ["9999"]},
    {"full_name": ["THORVALDSEN, ANN MARIE"], "birth_date": ["1980-03-02"], "state_id": ["CA0012345"]},
    {"given_name": ["Ann"], "surname": ["Thorvaldsen-Quist"], "birth_date": ["1980-02-03"], "state_id": ["CA0012346"]},
    {"given_name": ["Anne"], "surname": ["Smith"], "address": ["1 Main St"], "zip": ["60601"], "suffix": ["JR"]},
    {"given_name": ["James"], "surname": ["Zzyzx"], "address": ["1 Main St"], "zip": ["60601"], "suffix": ["SR"]},
    {"given_name": ["Smith"], "surname": ["James"], "phone": ["3125550101"], "email": ["a@example.org"]},
    {"birth_date": ["1980-02-04"], "phone": ["3125550101"], "licence": ["S123"], "fbi_number": ["123456AB1"]},
]


@pytest.fixture(scope="module")
def standard() -> pl.DataFrame:
    return standardise(range(1, len(RECORDS) + 1), ["court"] * len(RECORDS), RECORDS)


def every_pair(standard: pl.DataFrame) -> pl.DataFrame:
    ids = standard["identity_id"].to_list()
    return pl.DataFrame([(a, b) for a in ids for b in ids if a < b], schema=PAIRS, orient="row")


def test_the_steps_of_every_pair_sum_to_its_match_weight(standard: pl.DataFrame) -> None:
    pairs = every_pair(standard)
    bars = waterfall(standard, pairs, shipped())
    summed = bars.group_by("left_id", "right_id").agg(pl.col("bits").sum())
    both = summed.join(compare(standard, pairs, shipped()), on=["left_id", "right_id"])
    assert both.height == pairs.height
    assert both.select((pl.col("bits") - pl.col("match_weight")).abs().max()).item() < 1e-9


def test_every_comparison_is_a_step_and_the_prior_is_the_first(standard: pl.DataFrame) -> None:
    bars = waterfall(standard, every_pair(standard).head(1), shipped())
    assert bars.schema == BARS
    assert bars["comparison"].to_list() == [PRIOR, *shipped().comparisons]


def test_a_step_names_its_level_and_what_rarity_adds(standard: pl.DataFrame) -> None:
    pairs = pl.DataFrame([(1, 2), (2, 3)], schema=PAIRS, orient="row")
    common = dict_of(waterfall(standard, pairs, shipped()), 1, 2)
    assert common["name"][0] == common["birth"][0] == "exact"
    assert common["state_id"] == (EMPTY, 0.0, 0.0)
    assert common["name"][2] < 0 < common["name"][1]


def dict_of(bars: pl.DataFrame, left: int, right: int) -> dict[str, tuple[str, float, float]]:
    chosen = bars.filter((pl.col("left_id") == left) & (pl.col("right_id") == right))
    return {row[0]: row[1:] for row in chosen.select("comparison", "level", "bits", "rarity").rows()}


def test_no_pairs_have_no_steps(standard: pl.DataFrame) -> None:
    assert waterfall(standard, pl.DataFrame(schema=PAIRS), shipped()).is_empty()
