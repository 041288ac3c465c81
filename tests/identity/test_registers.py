"""Two feeds that hold each person once, and a model for a population of another size."""

import polars as pl
import pytest

from identity.compare import SCORED
from identity.model import shipped
from identity.registers import matched

LOW = -9.0


def edges(*pairs: tuple[int, int, float] | tuple[int, int, float, bool]) -> pl.DataFrame:
    rows = [(p[0], p[1], p[2], len(p) > 3 and p[3], False, False) for p in pairs]
    return pl.DataFrame(rows, schema=SCORED, orient="row")


def found(scored: pl.DataFrame, one: range, other: range) -> set[tuple[int, int]]:
    held = pl.DataFrame({"identity_id": [*one, *other], "register": ["one"] * len(one) + ["other"] * len(other)})
    return set(matched(scored, held, shipped()).select("left_id", "right_id").iter_rows())


def test_what_is_little_in_a_million_is_enough_where_everybody_else_is_matched() -> None:
    sure = [(person, person + 100, 30.0) for person in range(99)]
    assert (99, 199) in found(edges(*sure, (99, 199, LOW)), range(100), range(100, 200))


def test_the_same_pair_is_not_matched_where_nobody_else_is() -> None:
    assert found(edges((99, 1099, LOW)), range(1000), range(1000, 2000)) == set()


def test_two_equal_candidates_leave_a_record_unmatched() -> None:
    assert found(edges((1, 11, 9.0), (1, 12, 9.0)), range(10), range(10, 20)) == set()


def test_a_record_that_is_taken_is_no_rival_any_more() -> None:
    pairs = edges((1, 11, 30.0), (1, 12, 5.0), (2, 12, 4.0), (2, 11, 4.0))
    assert found(pairs, range(10), range(10, 20)) == {(1, 11), (2, 12)}


def test_pairs_of_one_register_and_vetoed_pairs_are_never_matched() -> None:
    assert found(edges((1, 2, 30.0), (3, 13, 30.0, True)), range(10), range(10, 20)) == set()


def test_a_record_has_as_many_mates_in_a_small_population_as_in_a_large_one() -> None:
    model = shipped()
    assert model.sized(1_000_000) == model
    assert model.sized(10_000).prior == pytest.approx(100 * model.prior)
    assert model.sized(0).prior == model.sized(2).prior < 0.01
