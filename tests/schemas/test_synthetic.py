"""Made-up rows and the patterns behind them."""

import re
from random import Random

import pytest

from schemas.catalogue import feeds
from schemas.contract import Code
from schemas.patterns import UnknownPattern, maker
from schemas.synthetic import rows
from tests.schemas.small import feed, kept


@pytest.mark.parametrize(
    "pattern",
    [
        "[A-Z]{2}[0-9]{7}", r"\([0-9]{3}\) [0-9]{3}-[0-9]{4}", "(JR|SR|II|III|IV)", "[0-9]{4} .+", "[^@ ]+@[^@ ]+",
        "a?b*c+", "x{2,}y{1,3}", "(?:ab|cd){2}", "[-a]b", r"\.\|",
    ],
)  # fmt: skip
def test_what_is_made_matches_its_pattern(pattern: str) -> None:
    make, random = maker(pattern), Random(1)
    assert all(re.fullmatch(pattern, make(random)) for _ in range(200))


@pytest.mark.parametrize("pattern", [r"\d", "(?=a)", "(a", "a)", "[a", "^a$", r"[\d]", "*a"])
def test_a_pattern_beyond_what_contracts_need_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownPattern):
        maker(pattern)


def test_a_seed_gives_the_same_rows_and_another_seed_others() -> None:
    supervision = feeds()["metro_probation_supervision"]
    assert rows(supervision, 9, seed=1).equals(rows(supervision, 9, seed=1))
    assert not rows(supervision, 9, seed=1).equals(rows(supervision, 9, seed=2))


def test_a_key_of_few_values_gives_few_rows() -> None:
    small = feed(kept("kind", Code({"a": "A", "b": "B"})), key=("kind",))
    assert rows(small, 2, seed=1).height == 2
    with pytest.raises(ValueError, match="too few values"):
        rows(small, 3, seed=1)
