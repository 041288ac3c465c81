"""The fast scorer is Splink's, blocks say who meets, and decisions hold whatever weights say."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from bench.linkage.people import population
from identity.average import UNIT
from identity.blocks import block_keys, overfull, pairs
from identity.clusters import DECIDED, IDENTITIES, group, unscored
from identity.compare import PAIRS, SCORED, compare, score
from identity.levels import measured
from identity.model import shipped
from identity.standardise import standardise_columns

KEY = bytes(32)
SMALL = 200


@pytest.fixture(scope="module")
def town() -> pl.DataFrame:
    """Some hundred records of a town, with a full name in one cell, an SSN or no name here and there."""
    rows, _ = population(600, seed=4)
    place = pl.int_range(pl.len())
    odd = rows.rename({"alias": "alias_0"}).with_columns(
        identity_id=place.cast(pl.Int64),
        given_name=pl.when(place % 17 != 0).then("given_name"),
        surname=pl.when(place % 19 != 0).then("surname"),
        full_name=pl.when(place % 7 == 0).then(pl.concat_str("surname", pl.lit(", "), "given_name")),
        ssn=pl.when(place % 5 == 0).then(pl.concat_str(pl.lit("219-09-"), "ssn_last4")),
        zip=pl.when(place % 3 != 0).then("zip"),
    )
    return standardise_columns(odd)


def drawn(records: pl.DataFrame) -> pl.DataFrame:
    """Pairs that share a block, and as many at random."""
    met = pairs(block_keys(records, KEY, shipped()).select("identity_id", "block_key"))
    rng = np.random.default_rng(1)
    ends = np.sort(rng.integers(0, len(records), (2, len(met))), axis=0)
    chance = pl.DataFrame({"left_id": ends[0], "right_id": ends[1]}).filter(pl.col("left_id") < pl.col("right_id"))
    return pl.concat([met, chance.cast(PAIRS)]).unique().sort("left_id", "right_id")


def test_the_fast_scorer_gives_what_splink_gives(town: pl.DataFrame) -> None:
    asked = drawn(town)
    slow, fast = (by(town, asked, shipped()).sort("left_id", "right_id") for by in (compare, measured))
    assert_frame_equal(fast, slow.select(fast.columns), check_dtypes=False, abs_tol=1e-9)


def test_a_floor_leaves_out_what_lies_below_it_and_nothing_else(town: pl.DataFrame) -> None:
    asked = drawn(town)
    every = score(town, asked, shipped()).filter(pl.col("weight") >= -4.0)
    assert_frame_equal(score(town, asked, shipped(), -4.0), every, check_row_order=False)
    assert (every["weight"] % UNIT == 0).all()


def test_which_pairs_meet_does_not_depend_on_the_order_of_records(town: pl.DataFrame) -> None:
    keys = block_keys(town, KEY, shipped()).select("identity_id", "block_key")
    again = block_keys(town.sample(fraction=1, shuffle=True, seed=3), KEY, shipped()).select("identity_id", "block_key")
    assert not keys.is_duplicated().any()
    assert_frame_equal(pairs(keys), pairs(again, town["identity_id"]), check_row_order=False)


def test_a_block_is_over_full_in_one_state_and_not_in_the_other() -> None:
    before = pl.DataFrame({"block_key": [1, 2, 3], "records": [200, 200, 201]})
    after = pl.DataFrame({"block_key": [1, 2, 3, 4], "records": [200, 201, 250, 300]})
    assert overfull(before, after).to_list() == [2, 4]
    assert overfull(after, before).to_list() == [2, 4]


@st.composite
def scenes(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Identities with numbers, scored pairs, and decisions that do not contradict each other."""
    count = draw(st.integers(2, 9))
    ids = range(count)
    numbers = draw(st.lists(st.sampled_from([0, 0, 0, 101, 102]), min_size=count, max_size=count))
    every = [(one, other) for one in ids for other in range(one + 1, count)]
    weights = st.tuples(st.integers(-12, 14).map(float), st.integers(0, 5), st.integers(0, 5))
    drawn = draw(st.lists(weights, min_size=len(every), max_size=len(every)))
    edges = [
        (*pair, bits, veto == 0, False, rival == 0) for pair, (bits, veto, rival) in zip(every, drawn, strict=True)
    ]
    persons = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    chosen = draw(st.lists(st.sampled_from(every), unique=True, max_size=5))
    decided = [(one, other, persons[one] == persons[other]) for one, other in chosen]
    return (
        pl.DataFrame([(i, number, 50 - i) for i, number in zip(ids, numbers, strict=True)], IDENTITIES, orient="row"),
        pl.DataFrame(edges, SCORED, orient="row"),
        pl.DataFrame(decided, DECIDED, orient="row"),
    )


@given(scenes(), st.integers(0, 99))
@settings(max_examples=SMALL, deadline=None)
def test_decisions_hold_parts_refine_and_order_is_nothing(
    scene: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame], seed: int
) -> None:
    identities, edges, decided = scene
    found = group(identities, edges, decided)
    of = dict(found.select("identity_id", "group").iter_rows())
    assert all((of[one] == of[other]) == together for one, other, together in decided.iter_rows())
    for finer, coarser in (("group_99", "group_90"), ("group_90", "group")):
        assert (found.group_by(finer).agg(pl.col(coarser).n_unique())[coarser] == 1).all()
    shuffled = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in (identities, edges, decided)]
    assert_frame_equal(group(*shuffled), found, check_row_order=False)
    assert unscored(identities, edges, decided).is_empty()
