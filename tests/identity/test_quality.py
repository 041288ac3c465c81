"""The quality of a partition: cases counted by hand, and estimates against drawn worlds whose truth is known."""

import time
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest

from identity.quality import QUALITY, SHARES, measure
from identity.reviewed import draw, estimate
from schemas.codes import Identifier


def members(*rows: tuple[int, int, float, str], **more: list[object]) -> pl.DataFrame:
    schema = {"identity_id": pl.Int64, "group": pl.Int64, "probability": pl.Float64, "agency": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.Series(name, v) for name, v in more.items())


def edges(*rows: tuple[int, int, float, bool]) -> pl.DataFrame:
    schema = {"left_id": pl.Int64, "right_id": pl.Int64, "weight": pl.Float64, "vetoed": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def weight(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


def value(table: pl.DataFrame, metric: str, grp: str = "overall", level: str = "overall") -> float:
    return float(row(table, metric, grp, level)["value"])


def row(table: pl.DataFrame, metric: str, grp: str, level: str) -> dict[str, Any]:
    return table.filter(metric=metric, grp=grp, level=level).row(0, named=True)


THREE = members((1, 1, 0.9, "court"), (2, 1, 0.9, "court"), (3, 3, 1.0, "peer"))


def test_a_link_is_wrong_with_what_its_probability_leaves() -> None:
    found = measure(THREE, edges((1, 2, weight(0.9), False))).table
    assert value(found, "false_discovery_model") == pytest.approx(0.1)
    assert value(found, "false_discovery_model", "agency", "court") == pytest.approx(0.1)
    assert row(found, "false_discovery_model", "agency", "peer")["value"] is None


def test_a_link_is_as_sure_as_the_less_sure_of_its_ends() -> None:
    person = members((1, 1, 0.99, "a"), (2, 1, 0.99, "a"), (3, 1, 0.6, "b"))
    shares = measure(person, edges()).shares.sort("identity_id")
    assert shares["links_wrong"].to_list() == pytest.approx([0.01 + 0.4, 0.01 + 0.4, 0.8])


def test_what_one_agencys_number_holds_is_given() -> None:
    person = members((1, 1, 0.6, "a"), (2, 1, 0.6, "a"), (3, 1, 0.6, "b"), number_id=[7, 7, 0])
    shares = measure(person, edges()).shares.sort("identity_id")
    assert shares["links_wrong"].to_list() == pytest.approx([0.4, 0.4, 0.8])


def test_two_persons_may_be_one_by_the_average_of_all_their_pairs() -> None:
    apart = edges((1, 2, 5.0, False), (1, 3, 1.0, False))
    mean = (1.0 - 5.0) / 2
    missed = 1 / (1 + 2**-mean)
    shares = measure(THREE, apart).shares.sort("identity_id")
    assert shares["links_missed"].to_list() == pytest.approx([missed, missed, 2 * missed], abs=1e-3)
    assert value(measure(THREE, apart).table, "false_negative_model") == pytest.approx(4 * missed / (1.8 + 4 * missed))
    assert value(measure(THREE, apart).table, "split_model") == pytest.approx(missed / (1 + missed))


def test_what_a_rule_holds_apart_is_not_missed() -> None:
    found = measure(THREE, edges((1, 2, 5.0, False), (2, 3, 8.0, True)))
    assert found.shares["links_missed"].to_list() == [0, 0, 0]
    assert row(found.table, "pairs", "apart by rule", "0.99 and more")["n"] == 1


def test_sizes_density_and_outliers() -> None:
    crowd = members(*((i, 1, 1.0, "a") for i in range(4)), *((i, i, 1.0, "a") for i in range(10, 13)))
    found = measure(crowd, edges((0, 1, 3.0, False), (1, 2, 3.0, False), (2, 3, 3.0, False), (0, 3, -3.0, False))).table
    assert found.filter(metric="persons").filter(pl.col("n") > 0).select("level", "n").rows() == [("1", 3), ("4", 1)]
    assert row(found, "density", "persons of 3 and more", "0.5 to 0.8")["n"] == 1
    assert row(found, "outliers", "kind", "sparse")["n"] == 1
    assert row(found, "outliers", "kind", "large")["n"] == 0


def test_missing_identifiers_by_agency_and_what_each_record_lacks() -> None:
    known = THREE.with_columns(has_birth_date=pl.Series([True, False, True]), has_ssn=pl.Series([False, False, True]))
    found = measure(known, edges())
    missing = found.table.filter(metric="missing").select("grp", "level", "n", "value").rows()
    assert missing == [("birth_date", "court", 2, 0.5), ("birth_date", "peer", 1, 0.0),
                       ("ssn", "court", 2, 1.0), ("ssn", "peer", 1, 0.0)]  # fmt: skip
    birth_date, ssn = (1 << get_args(Identifier).index(field) for field in ("birth_date", "ssn"))
    unsought = (1 << len(get_args(Identifier))) - 1 - birth_date - ssn
    lacks = found.shares.sort("identity_id")["lacks"].to_list()
    assert lacks == [unsought + ssn, unsought + ssn + birth_date, unsought]


def test_exact_name_and_birth_date_tears_apart_what_differs_or_is_missing() -> None:
    pairs = members(
        *((i, i // 2, 1.0, "a") for i in range(8)), sex=list("MMFFFFFF"), exact_key=[5, 5, 6, 7, 8, None, 9, 9]
    )
    found = measure(pairs, edges())
    assert row(found.table, "exact_split", "overall", "overall")["n"] == 4
    assert value(found.table, "exact_split") == 0.5
    assert value(found.table, "exact_split", "sex", "F") == pytest.approx(2 / 3)
    assert found.shares.sort("identity_id")["exact_split"].to_list() == [False, False] + [True] * 4 + [False, False]


def test_what_is_not_known_is_a_level_of_its_own_and_years_are_decades() -> None:
    known = THREE.with_columns(sex=pl.Series(["F", None, "F"]), birth_year=pl.Series([1981, 1989, None]))
    found = measure(known, edges()).table
    assert found.filter(metric="false_discovery_model", grp="sex").select("level", "n").rows() == [
        ("F", 2),
        ("unknown", 1),
    ]
    levels = found.filter(metric="false_discovery_model", grp="birth_years")["level"].to_list()
    assert levels == ["1980", "unknown"]


def test_nothing_has_no_quality_but_the_columns() -> None:
    found = measure(members(), edges())
    assert found.table.schema == QUALITY and found.shares.schema == SHARES
    assert found.table.filter(pl.col("n") > 0).is_empty() and found.shares.is_empty()


def drawn_world(rng: np.random.Generator, persons: int = 1500) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Pairs of records joined or not, as a calibrated model has it: with their truth drawn from its probabilities."""
    p = np.where(
        rng.random(persons) < 0.6, 1 - 10 ** rng.uniform(-4, -0.31, persons), 10 ** rng.uniform(-1.3, -0.31, persons)
    )
    joined = p > 0.5
    left = np.arange(persons) * 2
    group = np.column_stack([left, np.where(joined, left, left + 1)]).ravel()
    sure = np.repeat(np.where(joined, p, 1.0), 2)
    sex = np.repeat(np.where(rng.random(persons) < 0.2, "F", "M"), 2)
    people = pl.DataFrame({"identity_id": np.arange(persons * 2), "group": group, "probability": sure, "sex": sex})
    scored = pl.DataFrame({"left_id": left, "right_id": left + 1, "weight": np.log2(p / (1 - p))}).with_columns(
        vetoed=pl.lit(value=False)
    )
    truth = pl.DataFrame(
        {"left_id": left, "right_id": left + 1, "sex": sex[::2], "joined": joined, "one": rng.random(persons) < p}
    )
    return people.with_columns(agency=pl.lit("a")), scored, truth


def true_shares(truth: pl.DataFrame) -> dict[str, float]:
    joined, one = truth["joined"].to_numpy(), truth["one"].to_numpy()
    return {
        "false_discovery": float((joined & ~one).sum() / joined.sum()),
        "false_negative": float((~joined & one).sum() / one.sum()),
    }


@pytest.mark.parametrize("kind", ["model", "reviewed"])
def test_intervals_hold_the_truth_as_often_as_they_say(kind: str) -> None:
    held = []
    for seed in range(60):
        people, scored, truth = drawn_world(np.random.default_rng(seed))
        if kind == "model":
            found = measure(people, scored).table
        else:
            pairs = draw(people, scored, 60, seed).join(truth, on=["left_id", "right_id"])
            found = estimate(people, scored, pairs.rename({"one": "together"}))
        for grp, level, part in (("overall", "overall", truth), ("sex", "F", truth.filter(sex="F"))):
            for name, share in true_shares(part).items():
                estimated = row(found, f"{name}_{kind}", grp, level)
                held.append(estimated["low"] <= share <= estimated["high"])
    assert 0.91 <= np.mean(held) <= 0.995


def test_a_review_of_all_pairs_is_the_truth() -> None:
    people, scored, truth = drawn_world(np.random.default_rng(1), 300)
    every = draw(people, scored, 10_000, 1)
    assert every.height == 300
    found = estimate(people, scored, every.join(truth, on=["left_id", "right_id"]).rename({"one": "together"}))
    for name, share in true_shares(truth).items():
        assert value(found, f"{name}_reviewed") == pytest.approx(share)


def test_the_same_seed_draws_the_same_pairs_and_so_many_of_each_stratum() -> None:
    people, scored, _ = drawn_world(np.random.default_rng(2))
    once = draw(people, scored, 5, 3)
    assert once.equals(draw(people, scored.sample(fraction=1.0, shuffle=True, seed=4), 5, 3))
    assert not once.equals(draw(people, scored, 5, 4))
    assert once.group_by("joined").len().sort("joined").rows() == [(False, 5), (True, 15)]


def test_a_stratum_that_nobody_looked_at_makes_the_interval_wide() -> None:
    people, scored, truth = drawn_world(np.random.default_rng(5))
    judged = draw(people, scored, 60, 5).join(truth, on=["left_id", "right_id"]).rename({"one": "together"})
    partly = judged.filter((pl.col("weight") < 0) | (pl.col("weight") > weight(0.9)))
    whole, part = (row(estimate(people, scored, seen), "false_discovery_reviewed", "overall", "overall")
                   for seen in (judged, partly))  # fmt: skip
    assert part["value"] is None
    assert part["high"] - part["low"] > 3 * (whole["high"] - whole["low"])


def test_a_hundred_thousand_records_are_measured_at_once() -> None:
    people, scored, _ = drawn_world(np.random.default_rng(6), 50_000)
    began = time.process_time()
    measure(people, scored)
    assert time.process_time() - began < 1.0
