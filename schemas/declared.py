"""What a module of literals declares: a feed, an agreement, a study, under the name of its module."""

import importlib
from collections.abc import Callable
from typing import Protocol, TypeVar

from schemas.errors import ThroughcareError


class Named(Protocol):
    """What has a name of its own."""

    @property
    def name(self) -> str:
        """The name."""


T = TypeVar("T", bound=Named)


def declared(
    path: str, attribute: str, kind: type[T], module_of: Callable[[T], str],
    error: Callable[[str, str, str], ThroughcareError],
) -> T:  # fmt: skip
    """What the ``attribute`` of the module at ``path`` states.

    ``module_of``: which module it belongs into. Where it is of no such kind, or in another module, an ``error`` of the
    module's name, the part, and what is wrong with it is raised.
    """
    module = path.rpartition(".")[2]
    found = getattr(importlib.import_module(path), attribute, None)
    if not isinstance(found, kind):
        raise error(module, attribute, "is not stated by the module")
    if module_of(found) != module:
        raise error(module, "name", f"is {found.name}, not the name of its module")
    return found
