"""Between two registers, who is left joins the one that is left on the other side."""

import random
from typing import Any

import numpy as np
import polars as pl
import pytest

from identity import left_kept, leftovers
from identity.clusters import DECIDED, GROUPED, IDENTITIES
from identity.compare import SCORED
from identity.leftovers import LEFT, MOST, applied, joins, left
from identity.model import shipped
from identity.registers import HELD
from identity.vault import Vault
from tests.identity.test_registers import JAIL, PRISON, delivered
from tests.identity.test_regroup import emptied
from tests.identity.town import Record

__all__ = ["emptied"]

MODEL = shipped().sized(100)
PRIOR = float(np.log2(MODEL.prior / (1 - MODEL.prior)))


def everybody_left(sizes: tuple[int, int]) -> pl.DataFrame:
    """So many of register 1 (identities 0, 1, …) and of register 2 (1000, 1001, …), each alone."""
    rows = [(base + i, i, register, 3 - register, base + i)
            for register, base, size in ((1, 0, sizes[0]), (2, 1000, sizes[1])) for i in range(size)]  # fmt: skip
    return pl.DataFrame(rows, schema=LEFT, orient="row")


def scorer(same: float, other: float, **flags: bool) -> Any:
    """Counterparts have a likelihood ratio of so many bits, all others of ``other``."""

    def score(pairs: pl.DataFrame) -> pl.DataFrame:
        is_same = pl.col("right_id") - pl.col("left_id") == 1000
        stated = {"vetoed": False, "contradicts": False, "rivals": False} | flags
        weight = pl.when(is_same).then(same + PRIOR).otherwise(other + PRIOR)
        return pairs.with_columns(weight=weight, **{name: pl.lit(flag) for name, flag in stated.items()}).select(
            list(SCORED)
        )

    return score


def test_who_is_left_joins_on_evidence_that_would_not_do_among_everybody() -> None:
    found = joins(everybody_left((5, 5)), scorer(6, -8), MODEL)
    assert 6 + PRIOR < 0
    assert found.select("left_id", "right_id").rows() == [(i, 1000 + i) for i in range(5)]
    assert found["probability"].is_between(0.99, 1, closed="left").all()


@pytest.mark.parametrize(("sizes", "scores"), [
    ((5, 5), scorer(-8, -8)),
    ((5, 5), scorer(6, 6)),
    ((5, 5), scorer(6, -8, vetoed=True)),
    ((5, 5), scorer(6, -8, rivals=True)),
    ((5, 0), scorer(6, -8)),
    ((MOST + 1, 5), scorer(6, -8)),
])  # fmt: skip
def test_nobody_joins_strangers_nor_one_of_several_who_fit_nor_against_a_rule_nor_among_many(
    sizes: tuple[int, int], scores: Any
) -> None:
    assert joins(everybody_left(sizes), scores, MODEL).is_empty()


def test_where_most_of_those_left_have_no_counterpart_none_is_made_up() -> None:
    few = everybody_left((40, 40)).filter((pl.col("register_id") == 1) | (pl.col("identity_id") >= 1030))
    few = pl.concat([few, everybody_left((0, 70)).filter(pl.col("identity_id") >= 1040)])
    assert joins(few, scorer(6, -8), MODEL).is_empty()


def groups(*members: tuple[int, int, int]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Identities as (group, register, number) in order, their numbers, and the registers."""
    rows = [(place, group, group, group, 1.0) for place, (group, _, _) in enumerate(members)]
    numbers = [(place, number, place) for place, (_, _, number) in enumerate(members)]
    held = [(place, register) for place, (_, register, _) in enumerate(members) if register]
    return (
        pl.DataFrame(rows, schema=GROUPED, orient="row"), pl.DataFrame(numbers, schema=IDENTITIES, orient="row"),
        pl.DataFrame(held, schema=HELD, orient="row"),
    )  # fmt: skip


def test_left_is_whose_group_holds_nobody_of_the_other_register() -> None:
    grouped, numbers, held = groups((0, 1, 11), (0, 2, 21), (2, 1, 12), (3, 2, 22), (2, 0, 0))
    found = left(grouped, numbers, held, pl.Series([1, 2]))
    assert found.select("identity_id", "register_id", "other_id", "lead_id").rows() == [(2, 1, 2, 2), (3, 2, 1, 3)]


def test_what_joins_is_one_at_each_threshold_that_its_probability_reaches() -> None:
    grouped, numbers, held = groups((0, 1, 11), (1, 2, 21), (2, 1, 12), (3, 2, 22))
    joined = pl.DataFrame([(0, 1, 0.95), (2, 3, 0.6)], schema=leftovers.JOINS, orient="row")
    found, made = applied(grouped, joined, numbers, held, DECIDED.to_frame())
    found = found.sort("identity_id")
    assert found["group"].to_list() == [0, 0, 2, 2]
    assert found["group_90"].to_list() == [0, 0, 2, 3]
    assert found["group_99"].to_list() == [0, 1, 2, 3]
    assert found["probability"].to_list() == [0.95, 0.95, 0.6, 0.6]
    assert made.height == 2


def test_neither_a_decision_nor_a_number_of_the_same_register_is_overruled() -> None:
    grouped, numbers, held = groups((0, 1, 11), (1, 2, 21), (2, 1, 12), (3, 2, 22), (3, 1, 13))
    joined = pl.DataFrame([(0, 1, 0.95), (2, 3, 0.9)], schema=leftovers.JOINS, orient="row")
    decided = pl.DataFrame([(0, 1, False)], schema=DECIDED, orient="row")
    found, made = applied(grouped, joined, numbers, held, decided)
    assert made.is_empty()
    assert found.sort("identity_id")["group"].to_list() == [0, 1, 2, 3, 3]


SURNAMES = (
    "Thorvaldsen", "Mbeki", "Okonkwo", "Lindqvist", "Papadakis", "Vasquez", "Whitfield", "Yamamoto", "Zielinski",
)  # fmt: skip
OTHERWISE: dict[str, Record] = {
    "Okonkwo": {"given_name": "Grace", "birth_date": "1962-03-08"},
    "Vasquez": {"given_name": "Grace", "birth_date": "1965-03-08"},
}


def _people() -> list[tuple[Any, Record, bool]]:
    """Nine people in both registers, of whom the prison writes two down otherwise."""
    story: list[tuple[Any, Record, bool]] = []
    for place, surname in enumerate(SURNAMES):
        record: Record = {
            "Number": f"{place}", "given_name": "Joan", "surname": surname, "sex": "F", "zip": f"6060{place}",
            "birth_date": f"19{60 + place}-03-0{place + 1}",
        }  # fmt: skip
        story += [(JAIL, record, True), (PRISON, record | OTHERWISE.get(surname, {}), True)]
    return story


@pytest.mark.parametrize("seed", range(4))
def test_who_is_left_is_found_whatever_the_order_and_the_batches(emptied: Vault, seed: int) -> None:
    story, rng = _people(), random.Random(seed)
    order = list(range(len(story)))
    rng.shuffle(order)
    some = [(feed, record, rng.random() < 0.5) for feed, record, _ in story]
    at_once = delivered(emptied, story, range(len(story)), by_turns=False)
    assert {frozenset({2 * place, 2 * place + 1}) for place in range(len(SURNAMES))} == at_once
    assert delivered(emptied, some, order, by_turns=True) == at_once
    with emptied.transaction() as cursor:
        assert left_kept.joined(cursor).height >= 1
