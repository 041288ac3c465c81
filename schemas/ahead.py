"""Making the next item of a sequence while the one before it is looked at."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Item = TypeVar("Item")

_END: Final = object()


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items in their order, each made in a thread: one is in memory more than without.

    What making an item raises comes in its place. Who stops early waits until the item under way is made.
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, source, _END)
        while True:
            # Popped, so that nothing here holds an item while it is looked at.
            ready = [following.result()]
            if ready[0] is _END:
                return
            following = thread.submit(next, source, _END)
            yield ready.pop()  # type: ignore[misc]
