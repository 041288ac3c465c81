"""From pairs to persons, and from persons to lasting keys: without a database."""

from collections.abc import Collection

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from identity.clusters import IDENTITIES, group
from identity.compare import SCORED
from identity.persons import assign, moves

Pair = tuple[int, int, float] | tuple[int, int, float, bool]


def grouped(
    identities: dict[int, int], *pairs: Pair, contradicts: Collection[tuple[int, int]] = ()
) -> set[frozenset[int]]:
    """The persons among identities (id → number, 0: none), given weights (left, right, weight, vetoed)."""
    nodes = [(identity, number, identity) for identity, number in identities.items()]
    edges = [(p[0], p[1], p[2], len(p) > 3 and p[3], (p[0], p[1]) in contradicts, False) for p in pairs]
    found = group(
        pl.DataFrame(nodes, schema=IDENTITIES, orient="row"), pl.DataFrame(edges, schema=SCORED, orient="row")
    )
    return {frozenset(part["identity_id"]) for part in found.partition_by("group")}


def sets(*groups: set[int]) -> set[frozenset[int]]:
    return {frozenset(members) for members in groups}


def test_likely_pairs_are_one_person_and_others_are_not() -> None:
    assert grouped({1: 0, 2: 0, 3: 0}, (1, 2, 8.0), (2, 3, -2.0)) == sets({1, 2}, {3})


def test_a_chain_does_not_hold_what_its_average_speaks_against() -> None:
    assert grouped({1: 0, 2: 0, 3: 0}, (1, 2, 9.0), (2, 3, 3.0), (1, 3, -9.0)) == sets({1, 2}, {3})
    assert grouped({1: 0, 2: 0, 3: 0}, (1, 2, 9.0), (2, 3, 9.0), (1, 3, -3.0)) == sets({1, 2, 3})


def test_a_veto_holds_through_a_third() -> None:
    assert grouped({1: 0, 2: 0, 3: 0}, (1, 2, 9.0), (2, 3, 8.0), (1, 3, 7.0, True)) == sets({1, 2}, {3})


def test_one_number_is_one_person_without_any_likeness() -> None:
    assert grouped({1: 7, 2: 7, 3: 8}) == sets({1, 2}, {3})


def test_a_contradicted_number_holds_nothing_together() -> None:
    found = grouped({1: 7, 2: 7, 3: 7}, (1, 2, -20.0), (1, 3, 6.0), (2, 3, -20.0), contradicts={(1, 2), (2, 3)})
    assert found == sets({1, 3}, {2})


def test_a_typing_error_under_a_number_does_not_veto_its_person() -> None:
    pairs: list[Pair] = [(1, 2, 1.0, True), (1, 3, 0.5, True), (2, 3, 20.0)]
    assert grouped({1: 7, 2: 7, 3: 0}, *pairs) == sets({1, 2, 3})


@given(st.permutations([(1, 2, 9.0), (2, 3, 4.0), (1, 3, -3.0), (3, 4, 6.0), (4, 5, 2.0), (3, 5, -7.0)]))
def test_the_order_of_pairs_does_not_matter(pairs: list[Pair]) -> None:
    people = dict.fromkeys(range(1, 6), 0)
    assert grouped(people, *pairs) == grouped(dict(reversed(people.items())), *sorted(pairs))


def assigned(*rows: tuple[int, int, str | None]) -> pl.DataFrame:
    schema = {"subject_id": pl.Int64, "group": pl.Int64, "before": pl.String}
    return assign(pl.DataFrame(rows, schema=schema, orient="row"))


def test_a_group_keeps_the_key_that_most_of_its_members_had() -> None:
    found = assigned((1, 1, "A"), (2, 1, "B"), (3, 1, "B"), (4, 1, None))
    assert set(found["person_id"]) == {"B"}
    assert moves(found).rows() == [("merge", "A", "B", 1)]


def test_a_key_survives_once() -> None:
    found = assigned((1, 1, "A"), (2, 1, "A"), (3, 3, "A"), (4, 4, None)).sort("subject_id")
    assert found["person_id"].to_list()[:2] == ["A", "A"]
    assert found["person_id"].n_unique() == 3
    (event,) = moves(found).rows()
    assert (event[0], event[1], event[3]) == ("split", "A", 1)
