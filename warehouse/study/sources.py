"""Whether a snapshot holds what a study needs."""

from collections.abc import Iterator

from duckdb import DuckDBPyConnection

from warehouse.outcomes.definitions import Outcome
from warehouse.study.contract import Study
from warehouse.study.designs import moment_of
from warehouse.study.models import Warned
from warehouse.study.words import listed, quoted


def tells(connection: DuckDBPyConnection, kind: str, agencies: tuple[str, ...] = ()) -> bool:
    """Whether any feed covers a kind of fact."""
    told = f" AND agency IN {listed(agencies)}" if agencies else ""
    query = f"SELECT count(*) FROM coverage WHERE kind = {quoted(kind)}{told}"
    return bool(connection.execute(query).fetchall()[0][0])


def lacking(connection: DuckDBPyConnection, study: Study) -> tuple[str, ...]:
    """The kinds for want of which the study cannot be run: of index, exposure, and where none can be told, outcomes."""
    needed = [moment for moment in (study.index, moment_of(study.exposure)) if moment is not None]
    missing = [moment.kind for moment in needed if not tells(connection, moment.kind, moment.agencies)]
    silent = [list(_missing(connection, outcome)) for outcome in study.outcomes]
    if all(silent):
        missing += [kind for kinds in silent for kind in kinds]
    return tuple(dict.fromkeys(missing))


def without_source(connection: DuckDBPyConnection, study: Study, lacks: tuple[str, ...]) -> list[Warned]:
    """What the study needs and no feed in the snapshot tells: one line where `lacking` says that it cannot be run."""
    if lacks:
        return [Warned("", "no_source", f"no feed tells of {', '.join(lacks)}: the study was not run")]
    silent = {outcome.name: list(_missing(connection, outcome)) for outcome in study.outcomes}
    return [
        Warned(name, "no_source_of_outcome", f"no feed tells of {', '.join(kinds)}: nobody is observable for it")
        for name, kinds in silent.items()
        if kinds
    ]


def _missing(connection: DuckDBPyConnection, outcome: Outcome) -> Iterator[str]:
    """The kinds of an outcome that no feed tells."""
    agencies = outcome.moment.agencies if outcome.moment else ()
    return (kind for kind in dict.fromkeys(outcome.kinds) if not tells(connection, kind, agencies))
