"""Which studies there are: modules of `warehouse.studies`, found by being there."""

import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import warehouse.studies
from schemas.declared import declared
from schemas.errors import StudyError
from warehouse.study.contract import Study


@lru_cache(maxsize=1)
def studies() -> Mapping[str, Study]:
    """All studies by name; `StudyError` where one is refused."""
    found = [_load(module.name) for module in pkgutil.iter_modules(warehouse.studies.__path__)]
    return MappingProxyType({study.name: study for study in sorted(found, key=lambda study: study.name)})


def _load(module: str) -> Study:
    return declared(f"warehouse.studies.{module}", "STUDY", Study, lambda study: study.name, StudyError)
