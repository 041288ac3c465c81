"""Publication: from the warehouse to a folder that analysts read, swapped in one step."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from schemas import catalogue
from schemas.contract import Feed
from schemas.errors import StoreError
from schemas.failpoint import reach
from warehouse.measures.compute import made as made_views
from warehouse.measures.compute import measures
from warehouse.measures.reading import before as views_before
from warehouse.measures.reading import reads
from warehouse.measures.views import mount_measure_views
from warehouse.outcomes.compute import OutcomeTables, compute
from warehouse.outcomes.sensitivity import of_rates
from warehouse.snapshot import held as holding
from warehouse.snapshot import tables
from warehouse.snapshot.as_of import mount_as_of
from warehouse.snapshot.changes import changes
from warehouse.snapshot.copied import copied
from warehouse.snapshot.dictionary import describe
from warehouse.snapshot.folder import alone, building, current_manifest, keep, retire, swap, withdraw
from warehouse.snapshot.held import Held, enter_publication, hold
from warehouse.snapshot.layout import create_schemas, mount, mount_macros, mount_store_views, mount_typed_views
from warehouse.snapshot.linkage import link_quality as quality_now
from warehouse.snapshot.partitions import Manifest, Partition, reusable, write
from warehouse.snapshot.restatement import restate
from warehouse.snapshot.results import OUTCOMES, Results, origin, origin_of_measures
from warehouse.snapshot.source import warehouse
from warehouse.snapshot.views import BASE_VIEWS, DERIVED
from warehouse.snapshot.written import note, write_back
from warehouse.store.link_tables import THRESHOLDS
from warehouse.store.publications import Publication
from warehouse.studies.supervision_outcomes import STUDY as SUPERVISION
from warehouse.study.catalogue import studies
from warehouse.study.contract import Study
from warehouse.study.dose import VIEW, doses, is_dosed
from warehouse.study.run import run_all
from warehouse.study.tables import OUTCOME
from warehouse.study.workspace import Workspace

DATABASE: Final = "throughcare.duckdb"
RETENTION_DAYS: Final = 7
"""Readers who opened an older version may go on for a week before its files are removed."""


@dataclass(frozen=True)
class Published:
    """What a publication made: the database file to open, how much of it was new, and the outcome tables.

    ``withdrawn``: versions that are withdrawn by order, from the first on.
    """

    path: Path
    version: str
    partitions_written: int
    partitions_reused: int
    participants: int
    outcomes: OutcomeTables
    withdrawn: int = 0


def publish(
    warehouse_url: str,
    root: Path,
    project: str,
    feeds: Mapping[str, Feed] | None = None,
    retention_days: int = RETENTION_DAYS,
    *,
    by_order: bool = False,
) -> Published:
    """Publish the warehouse as ``<root>/<project>/throughcare.duckdb`` over immutable Parquet files.

    Whoever has the former version open keeps reading it; whoever opens the file next sees the new one. Outcomes,
    rates and the dictionary are computed on the published rows and written back to the warehouse too. One
    publication at a time: a second one raises `StoreError`. Errors carry no value. ``feeds``: by name; all
    that are declared unless said otherwise. ``by_order``: older versions hold what must not be held any more, and are
    withdrawn at once.
    """
    stated = catalogue.feeds() if feeds is None else feeds
    folder = root / project
    try:
        with alone(folder), building(folder) as draft:
            with warehouse(warehouse_url, draft) as connection:
                held = hold(connection, warehouse_url, stated)
                published, manifest, made = _make(connection, warehouse_url, folder, draft / DATABASE, stated, held)
            written = write_back(warehouse_url, draft / DATABASE, folder, manifest)
            enter_publication(warehouse_url, made, held)
            keep(folder, manifest)
            reach("publish.written")
            swap(folder, draft / DATABASE, manifest)
            note(folder, written)
            retire(folder, dt.timedelta(days=retention_days))
            if by_order:
                published = replace_fields(published, withdrawn=withdraw(folder))
    except duckdb.Error as error:
        failure = StoreError(f"snapshot: {type(error).__name__}")
    else:
        return published
    raise failure


def _make(
    connection: duckdb.DuckDBPyConnection,
    warehouse_url: str,
    folder: Path,
    target: Path,
    feeds: Mapping[str, Feed],
    held: Held,
) -> tuple[Published, Manifest, Publication]:
    """Write what is new, compute what follows from it, and build the database file."""
    before = current_manifest(folder)
    known = reusable(before, folder)
    create_schemas(connection)
    partitions = copied(connection, warehouse_url, folder, target.parent, known, held)
    partitions.append(_of_frame(connection, folder, "feed_term", holding.feed_terms(connection, held)))
    mount(connection, folder, partitions)
    partitions += _derived(connection, folder, feeds)
    quality = quality_now(connection)
    tables.forget_told(connection)
    partitions.append(_of_frame(connection, folder, "link_quality", quality))
    results = Results(connection, folder, before, changes(connection, folder, before, partitions))
    workspace = Workspace(connection)
    told, outcomes = results.outcomes(SUPERVISION) or _outcomes(connection, folder, workspace)
    mount(connection, folder, told)
    partitions += told
    known_figures, views = results.figures(partitions)
    figures = measures(connection, quality, known=known_figures, views=views)
    partitions.append(_of_frame(connection, folder, "measure", figures, origin_of_measures()))
    now = dt.datetime.now(dt.UTC)
    made = holding.publication(held, folder.name, now.strftime("%Y%m%dT%H%M%S%fZ"), now)
    publications = holding.publications(connection, made)
    tables.register(connection, "publication", publications)
    # Last: it leaves the outcomes of other participants behind.
    partitions += _studies(connection, folder, workspace, results)
    manifest = Manifest(made.project, made.version, now.isoformat(), tuple(partitions))
    restatement = restate(connection, folder, before, manifest, publications)
    _build(target, folder, manifest, feeds, {"publication": publications, "restatement": restatement})
    people = connection.execute("SELECT count(*) FROM participant").fetchall()[0][0]
    former = {partition.file for partition in before.partitions} if before else set()
    written = sum(partition.file not in former for partition in partitions)
    reused = len(partitions) - written
    return Published(folder / DATABASE, manifest.version, written, reused, people, outcomes), manifest, made


def _derived(connection: duckdb.DuckDBPyConnection, folder: Path, feeds: Mapping[str, Feed]) -> list[Partition]:
    """What follows from the copied tables, computed once so that readers need not."""
    tables.register_feeds(connection, feeds)
    mount_store_views(connection, (*DERIVED, *BASE_VIEWS))
    queries = {
        "extract_life": "FROM timeline.extract_life ORDER BY extract_id",
        "record_life": "FROM timeline.record_life WHERE known_until IS NOT NULL ORDER BY extract_id, source_key",
        "span_end": "FROM timeline.span_end ORDER BY kind, record_id, end_date",
    }
    partitions = [_mounted(connection, folder, name, query) for name, query in queries.items()]
    tables.find_told(connection)
    queries = {"participant": tables.PARTICIPANT_OF_TOLD, "coverage": tables.COVERAGE}
    return partitions + [_mounted(connection, folder, name, query) for name, query in queries.items()]


def _mounted(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, query: str) -> Partition:
    """Write a table that others are made from."""
    partition = write(connection, folder, name, query)
    mount(connection, folder, [partition])
    return partition


def _outcomes(
    connection: duckdb.DuckDBPyConnection, folder: Path, workspace: Workspace
) -> tuple[list[Partition], OutcomeTables]:
    """Compute what follows a first supervision and write it, in the order of `OUTCOMES`."""
    made, mark = compute(connection, workspace), origin(SUPERVISION)
    query = "SELECT * EXCLUDE (arm) FROM outcome_row"
    persons, *others = OUTCOMES
    frames = dict(zip(others, (made.rate, made.curve, made.flow), strict=True))
    partitions = [_of_frame(connection, folder, name, frame, mark) for name, frame in frames.items()]
    return [write(connection, folder, persons, query, origin=mark), *partitions], made


def _studies(
    connection: duckdb.DuckDBPyConnection, folder: Path, workspace: Workspace, results: Results
) -> list[Partition]:
    """Run every study that may have other results now; the rows of persons make one file a study."""
    kept = [study for study in studies().values() if results.stands(study)]
    persons = [results.persons(study) for study in kept]

    def keep(study: Study, query: str) -> None:
        persons.append(write(connection, folder, "study_outcome", query, origin=origin(study)))

    run = [study for study in studies().values() if study not in kept]
    found = results.together(run_all(connection, run, THRESHOLDS, workspace, keep), kept)
    found["outcome_sensitivity"] = of_rates(found["study_rate"])
    partitions = [_of_frame(connection, folder, "study_outcome", OUTCOME.to_frame())]
    partitions += sorted(persons, key=lambda part: part.origin or "")
    mount(connection, folder, partitions)
    found["study_dose"] = _doses(connection, results, kept, found["study_dose"])
    return partitions + [_of_frame(connection, folder, name, frame) for name, frame in found.items()]


def _doses(
    connection: duckdb.DuckDBPyConnection, results: Results, kept: list[Study], known: pl.DataFrame
) -> pl.DataFrame:
    """What was received of the programmes that studies ask about: sessions change more often than their outcomes."""
    view = reads(VIEW)
    same = [study.name for study in kept if not results.changes.touch(view.kinds)]
    asked = [study for study in studies().values() if is_dosed(study) and study.name not in same]
    rest = known.filter(pl.col("study").is_in(same))
    if not asked:
        return rest
    with made_views(connection, {VIEW, *views_before(VIEW)}):
        return pl.concat([rest, doses(connection, asked)]).sort("study", maintain_order=True)


def _of_frame(
    connection: duckdb.DuckDBPyConnection, folder: Path, name: str, frame: pl.DataFrame, origin: str | None = None
) -> Partition:
    tables.register(connection, f"computed_{name}", frame)
    return write(connection, folder, name, f"FROM computed_{name}", origin=origin)


def _build(
    target: Path, folder: Path, manifest: Manifest, feeds: Mapping[str, Feed], stored: Mapping[str, pl.DataFrame]
) -> None:
    """Write the database file: views over the manifest's files, the dictionary, and which publication it is.

    ``stored``: tables that are about the publication itself, by name; they stand in the file.
    """
    identity = pl.DataFrame({
        "project": manifest.project, "version": manifest.version, "published_at": manifest.published_at,
        "partitions": len(manifest.partitions),
    })  # fmt: skip
    with duckdb.connect(str(target)) as connection:
        create_schemas(connection)
        mount(connection, folder, manifest.partitions)
        mount_store_views(connection)
        mount_typed_views(connection)
        mount_measure_views(connection)
        mount_macros(connection)
        for name, frame in stored.items():
            tables.store(connection, name, frame)
        mount_as_of(connection)
        tables.store(connection, "snapshot", identity)
        tables.store(connection, "dictionary", describe(connection, feeds))
        connection.execute("CHECKPOINT")
