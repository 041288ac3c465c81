"""What a publication uses again is what computing anew gives, whatever came in between; and it is used again."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import Engine, text

from connectors.databases import drop_databases
from connectors.postgres import EmbeddedServer
from schemas.catalogue import feeds
from schemas.contract import Feed
from tests.warehouse.snapshot.world import extract, rows
from warehouse.measures.metrics import SOURCES
from warehouse.measures.reading import reads
from warehouse.snapshot import publish as publication
from warehouse.snapshot import results
from warehouse.snapshot.changes import Changes
from warehouse.snapshot.folder import current_manifest
from warehouse.snapshot.layout import SCHEMAS
from warehouse.snapshot.views import typed_view_ddl
from warehouse.store.engine import connect
from warehouse.store.link_tables import THRESHOLDS
from warehouse.store.links import apply
from warehouse.store.migrate import migrate
from warehouse.study.catalogue import studies
from warehouse.study.contract import Study
from warehouse.study.run import run_all

pytestmark = pytest.mark.timeout(900)
"""The story publishes two dozen times before the first test."""

PEOPLE: Final = 60
MOMENT: Final = "extract_id, row_number, moment, source_key, subject_id, record_id, kind"
COURT, PROBATION, PEERS = 1_000, 2_000, 3_000
"""Where the numbers of the subjects of an agency begin: the person's number is added."""
OUTCOMES, PEER_SUPPORT = "supervision_outcomes", "peer_support"
BOTH: Final = {OUTCOMES, PEER_SUPPORT}
Stated = Mapping[str, Feed]


def person(number: int) -> str:
    return str(uuid.UUID(int=number))


def day(number: int) -> str:
    return str(dt.date(2019, 1, 1) + dt.timedelta(days=number))


def told(engine: Engine, feed: str, table: str, columns: str, values: list[str], as_of: str = "2024-01-01") -> None:
    """A full delivery with a row a value; ``{at}`` stands for the extract and the row's number."""
    number = extract(engine, feed, as_of)
    shown = [value.format(at=f"{number}, {place + 2}, 0, {place + 1}") for place, value in enumerate(values)]
    rows(engine, table, f"{MOMENT}, {columns}", ", ".join(shown))


def attended(person_number: int, date: str) -> str:
    subject = PEERS + person_number
    return f"({{at}}, {subject}, {subject}, 'attendance', '{date}', 'present', '{{{{}}}}')"


def fill(engine: Engine) -> None:
    """Sixty people under supervision; two thirds are charged, half enrol in peer support and come to its sessions."""
    everybody, enrolled = range(PEOPLE), range(0, PEOPLE, 2)
    told(engine, "metro_probation_supervision", "span", "start_date, end_date, code, detail", [
        f"({{at}}, {PROBATION + n}, {n}, 'supervision', '{day(3 * n)}', '{day(900 + 5 * n)}', 'CO',"
        f" '{{{{\"birth_year\": {1960 + n}, \"sex\": \"{'FM'[n % 2]}\"}}}}')" for n in everybody
    ])  # fmt: skip
    told(engine, "metro_probation_violations", "event", "event_date, code", [
        f"({{at}}, {PROBATION + n}, {n}, 'violation', '{day(200 + 4 * n)}', 'technical')" for n in everybody[::5]
    ])  # fmt: skip
    charged = [n for n in everybody if n % 3]
    told(engine, "metro_court_charges", "event", "event_date, code, detail", [charge(n, 100 + 13 * n) for n in charged])
    told(engine, "metro_court_dispositions", "event", "event_date, code, detail", [
        f"({{at}}, {COURT + n}, {n}, 'disposition', '{day(200 + 13 * n)}', 'GP', '{{{{\"charge_number\": 1}}}}')"
        for n in charged[::2]
    ])  # fmt: skip
    told(engine, "metro_peer_enrolments", "span", "start_date, code", [
        f"({{at}}, {PEERS + n}, {PEERS + n}, 'enrolment', '{day(30 + 7 * n)}', 'peer_support')" for n in enrolled
    ])  # fmt: skip
    sessions = [attended(n, day(60 + 7 * n + week)) for n in enrolled for week in (0, 7, 14)]
    told(engine, "metro_peer_attendance", "event", "event_date, code, detail", sessions)
    link(engine, 1, {base + n: n for base in (COURT, PROBATION, PEERS) for n in everybody}, {PEERS + 4: 104})


def charge(n: int, filed: int) -> str:
    detail = f'{{{{"offence_date": "{day(filed - 9)}", "charge_number": 1}}}}'
    return f"({{at}}, {COURT + n}, {n}, 'charge', '{day(filed)}', '1200', '{detail}')"


def link(engine: Engine, batch: int, who: Mapping[int, int], strict: Mapping[int, int]) -> None:
    """Subject → person; at .9 those of ``strict`` are others."""
    stated = pa.table({
        "subject_id": pa.array(who, pa.int64()), "participant_key": [person(n) for n in who.values()],
        "status": ["linked"] * len(who), "probability": [0.95] * len(who),
    })  # fmt: skip
    apart = pa.table({
        "subject_id": pa.array(strict, pa.int64()), "threshold": pa.array([0.9] * len(strict), pa.float64()),
        "participant_key": pa.array([person(n) for n in strict.values()], pa.string()),
    })  # fmt: skip
    assert apply(engine, batch, stated, f"m{batch}", strict=apart)


def nothing(engine: Engine) -> None:
    """Another publication of the same."""


def sessions(engine: Engine) -> None:
    told(engine, "metro_peer_attendance", "event", "event_date, code, detail", [attended(0, day(400))], "2024-02-01")


def a_session_of_somebody_new(engine: Engine) -> None:
    told(engine, "metro_peer_attendance", "event", "event_date, code, detail", [attended(99, day(400))], "2024-02-02")
    link(engine, 2, {PEERS + 99: 99}, {})


def a_charge(engine: Engine) -> None:
    told(engine, "metro_court_charges", "event", "event_date, code, detail", [charge(0, 200)], "2024-02-03")


def an_enrolment(engine: Engine) -> None:
    value = f"({{at}}, {PEERS + 1}, {PEERS + 1}, 'enrolment', '{day(70)}', 'peer_support')"
    told(engine, "metro_peer_enrolments", "span", "start_date, code", [value], "2024-02-04")


def a_merge(engine: Engine) -> None:
    """Who had been two, both supervised, are one."""
    link(engine, 3, {PROBATION + 7: 8, COURT + 7: 8}, {})


def another_for_sessions(engine: Engine) -> None:
    """A subject of whom nothing but sessions is told is another participant."""
    link(engine, 4, {PEERS + 99: 98}, {})


def sessions_taken_apart(engine: Engine) -> None:
    """At a stricter threshold only, a subject of whom only sessions are told is not who has the supervision."""
    link(engine, 5, {PEERS + 0: 0}, {PEERS + 0: 100})


def an_expungement(engine: Engine) -> None:
    """The published file of the delivery is gone too."""
    with engine.begin() as connection:
        connection.execute(text(f"DELETE FROM timeline.span WHERE subject_id = {PROBATION + 11}"))
        anew = "UPDATE ledger.extract SET finished_at = now() WHERE feed = 'metro_probation_supervision'"
        connection.execute(text(anew))


def longer_lag(feed: str) -> Stated:
    stated = feeds()
    coverage = replace(stated[feed].coverage, lag_days=stated[feed].coverage.lag_days + 1500)
    return {**stated, feed: replace(stated[feed], coverage=coverage)}


def later_charges() -> Stated:
    return longer_lag("metro_court_charges")


def otherwise_defined(patch: pytest.MonkeyPatch) -> None:
    changed = replace(studies()[PEER_SUPPORT], windows=(6, 12, 18))
    patch.setattr(publication, "studies", lambda: {**studies(), PEER_SUPPORT: changed})


def other_code(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(results, "computed_by", lambda: "another")


@dataclass(frozen=True)
class Step:
    """What happens before a publication, and which studies are computed for it."""

    name: str
    computed: set[str]
    happens: Callable[[Engine], None] = nothing
    stated: Callable[[], Stated] = feeds
    patched: Callable[[pytest.MonkeyPatch], None] = lambda patch: None
    damaged: bool = False


STEPS: Final = (
    Step("the first publication", BOTH),
    Step("nothing", set()),
    Step("sessions", set(), sessions),
    Step("a session of somebody new", set(), a_session_of_somebody_new),
    Step("a charge", BOTH, a_charge),
    Step("an enrolment", {PEER_SUPPORT}, an_enrolment),
    Step("a merge", BOTH, a_merge),
    Step("another participant of whom only sessions are told", set(), another_for_sessions),
    Step("sessions taken apart at a stricter threshold", {PEER_SUPPORT}, sessions_taken_apart),
    Step("a longer lag of what no study reads", set(), stated=lambda: longer_lag("metro_peer_attendance")),
    Step("a longer lag of charges", BOTH, stated=later_charges),
    Step("another definition of one study", {PEER_SUPPORT}, stated=later_charges, patched=otherwise_defined),
    Step("other code", BOTH, stated=later_charges, patched=other_code),
    Step("a damaged file of results", BOTH, stated=later_charges, patched=other_code, damaged=True),
    Step("an expungement", BOTH, an_expungement, stated=later_charges, patched=other_code),
)


@dataclass(frozen=True)
class Told:
    """What came of a step: tables that computing anew gives otherwise, and those that are others than before."""

    unlike: set[str]
    changed: set[str]
    computed: set[str]
    as_of: Mapping[str, dt.date]
    estimated: set[tuple[str, float]]


@pytest.fixture(scope="module")
def story(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    databases = postgres.more_databases("_reuse")
    migrate(databases.warehouse, typed_view_ddl("postgres"))
    engine, root = connect(databases.warehouse), tmp_path_factory.mktemp("again")
    fill(engine)
    found = {}
    before: dict[str, str] = {}
    for step in STEPS:
        step.happens(engine)
        with pytest.MonkeyPatch.context() as patch:
            step.patched(patch)
            if step.damaged:
                damage(root / "demo")
            if step.happens is an_expungement:
                for path in (root / "demo" / "span").glob("extract-*"):
                    path.unlink()
            computed = watched(patch)
            again = publication.publish(databases.warehouse, root, "demo", step.stated()).path
            ran = set(computed)
            fresh = tmp_path_factory.mktemp("anew")
            now = content(publication.publish(databases.warehouse, fresh, "demo", step.stated()).path)
        with duckdb.connect(str(again), read_only=True) as connection:
            as_of = dict(connection.execute("SELECT study, as_of FROM study").fetchall())
            estimated = set(connection.execute(ESTIMATED).fetchall())
        kept = content(again)
        unlike = {name for name in SCHEMAS if kept[name] != now[name]}
        changed = {name for name in SCHEMAS if before.get(name) != now[name]}
        found[step.name], before = Told(unlike, changed, ran, as_of, estimated), now
    yield found
    engine.dispose()
    drop_databases(databases)


ESTIMATED: Final = "SELECT DISTINCT study, threshold FROM study_effect WHERE method = 'cox_adjusted'"


def watched(patch: pytest.MonkeyPatch) -> list[str]:
    """The names, as they come, of the studies that are computed."""
    computed: list[str] = []

    def watching(connection: duckdb.DuckDBPyConnection, chosen: list[Study], *rest: Any) -> dict[str, pl.DataFrame]:
        computed.extend(study.name for study in chosen if study.name in BOTH)
        return run_all(connection, chosen, *rest)

    patch.setattr(publication, "run_all", watching)
    return computed


def content(path: Path) -> dict[str, str]:
    """Table → a text that says every row and every digit of it, in the order in which it stands."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return {name: repr(connection.execute(f"FROM {schema}.{name}").fetchall()) for name, schema in SCHEMAS.items()}


def damage(folder: Path) -> None:
    manifest = current_manifest(folder)
    assert manifest is not None
    path = folder / manifest.files("study_rate")[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_table_is_what_computing_anew_gives(story: dict[str, Told], step: Step) -> None:
    assert story[step.name].unlike == set()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_only_what_was_touched_is_computed(story: dict[str, Told], step: Step) -> None:
    assert story[step.name].computed == step.computed


@pytest.mark.parametrize("step", STEPS[2:], ids=lambda step: step.name)
def test_what_is_computed_does_give_other_numbers(story: dict[str, Told], step: Step) -> None:
    """Or computing it would have been for nothing, and the comparison would hold for anything."""
    # What was received of a programme changes with the sessions, which no outcome is told by.
    numbers = {name for name in story[step.name].changed if name.startswith("study_")} - {"study_dose"}
    assert bool(numbers) == (bool(step.computed) and not step.damaged)


def test_results_that_are_used_again_say_up_to_when_the_snapshot_knows(story: dict[str, Told]) -> None:
    assert dict(story["sessions"].as_of) == dict.fromkeys(sorted(BOTH), dt.date(2024, 2, 1))


def test_there_are_models_at_more_thresholds_than_one(story: dict[str, Told]) -> None:
    assert story["sessions"].estimated == {(PEER_SUPPORT, threshold) for threshold in THRESHOLDS}


def test_figures_of_measures_that_nothing_touched_are_not_computed() -> None:
    sources = {source.view for source in SOURCES}
    after_sessions = Changes(frozenset({"attendance"}))
    kept = {view for view in sources if not after_sessions.touch(reads(view).kinds)}
    assert kept == {"accountability", "recidivism", "resources", "resources_by_need", "case_outcomes"}
    assert {view for view in sources if not Changes(frozenset({"charge"})).touch(reads(view).kinds)} == sources - {
        "case_outcomes", "equity",
    }  # fmt: skip
