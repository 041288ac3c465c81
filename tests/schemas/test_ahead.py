"""Items that are made ahead come as they would have come, and so do errors."""

import threading
from collections.abc import Iterator

import pytest

from schemas.ahead import ahead


def test_items_come_in_their_order() -> None:
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([])) == []


def test_the_next_item_is_made_while_one_is_looked_at() -> None:
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    following = ahead(items())
    assert next(following) == 1
    assert made.wait(5)
    assert list(following) == [2]


def test_what_an_item_raises_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("second")

    following = ahead(items())
    assert next(following) == 1
    with pytest.raises(LookupError, match="second"):
        next(following)


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    following = ahead(range(100))
    assert next(following) == 0
    del following
    assert threading.active_count() == before
