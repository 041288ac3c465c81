"""The definition of a study as one text, and its hash: it changes if and only if what is counted changes."""

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from warehouse.outcomes.definitions import Outcome
from warehouse.study.facts import Recorded

if TYPE_CHECKING:
    from warehouse.study.contract import Study

RULES: Final = 1
"""Raised where the rules of the compiled SQL change what is counted though no study says anything else."""

_WORDS: Final = frozenset(("name", "title", "question", "words", "meaning"))
"""What only describes; the names of covariates and of simple outcomes too: they head columns."""
_UNORDERED: Final = frozenset(("codes", "texts", "agencies", "values", "everywhere", "index_agency", "competing",
                               "covariates", "outcomes", "strata", "population"))  # fmt: skip


def definition(study: "Study") -> str:
    """The SHA-256 of the canonical definition, its first 16 hexadecimal digits."""
    return hashlib.sha256(canonical(study).encode()).hexdigest()[:16]


def canonical(study: "Study") -> str:
    """The definition as JSON: terms by their types, sets in order, defaults filled in, no word that only describes."""
    stated = _plain(study)
    levels = {covariate.name: _plain(covariate) for covariate in study.covariates}
    stated["strata"] = _ordered([levels[name] for name in study.strata])
    stated["follow_up"] = study.horizon
    return json.dumps({"rules": RULES, **stated}, sort_keys=True, ensure_ascii=False)


def _plain(term: Any) -> Any:  # noqa: ANN401 -- any term of a study
    if dataclasses.is_dataclass(term) and not isinstance(term, type):
        fields = {field.name: getattr(term, field.name) for field in dataclasses.fields(term)}
        shown = {name: value for name, value in fields.items() if name not in _hidden(term)}
        return {"is": type(term).__name__} | {
            name: _ordered(_plain(value)) if name in _UNORDERED else _plain(value) for name, value in shown.items()
        }
    return [_plain(part) for part in term] if isinstance(term, tuple) else term


def _hidden(term: object) -> frozenset[str]:
    """The fields that only describe: a recorded fact and an outcome of the library are what their name says."""
    named = isinstance(term, Recorded) or (isinstance(term, Outcome) and term.moment is None)
    return _WORDS - {"name"} if named else _WORDS


def _ordered(terms: list[Any]) -> list[Any]:
    return sorted(terms, key=lambda term: json.dumps(term, sort_keys=True))
