"""Which studies there are: modules of `warehouse.studies`, found by being there."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import warehouse.studies
from schemas.errors import StudyError
from warehouse.study.contract import Study


@lru_cache(maxsize=1)
def studies() -> Mapping[str, Study]:
    """All studies by name; `StudyError` where one is refused."""
    found = [_load(module.name) for module in pkgutil.iter_modules(warehouse.studies.__path__)]
    return MappingProxyType({study.name: study for study in sorted(found, key=lambda study: study.name)})


def _load(module: str) -> Study:
    study = getattr(importlib.import_module(f"warehouse.studies.{module}"), "STUDY", None)
    if not isinstance(study, Study):
        raise StudyError(module, "STUDY", "is not stated by the module")
    if study.name != module:
        raise StudyError(module, "name", f"is {study.name}, not the name of its module")
    return study
