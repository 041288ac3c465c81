"""What changed since the last publication, number by number, and what took place that can have changed it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import Engine, text

from connectors.databases import drop_databases
from connectors.postgres import EmbeddedServer
from schemas.catalogue import feeds
from schemas.contract import Feed
from tests.warehouse.snapshot.world import ANN, BOB, extract, fill, rows
from warehouse.outcomes import definitions
from warehouse.snapshot.publish import publish
from warehouse.snapshot.restatement import REASONS, RESTATEMENT
from warehouse.snapshot.views import typed_view_ddl
from warehouse.store.engine import connect
from warehouse.store.links import apply
from warehouse.store.migrate import migrate

CHARGE = "extract_id, row_number, moment, source_key, subject_id, record_id, kind, event_date, detail"
PART = f"index_kind={definitions.INDEX_KIND}; stratum_kind=overall; stratum=overall"


def charges(engine: Engine, as_of: str, key: int, filed: str, offence: str, difference: str = "null") -> None:
    """A delivery of charges: Bob was charged too."""
    told = extract(engine, "metro_court_charges", as_of, "delta")
    detail = f"""{{"offence_date": "{offence}", "charge_number": 1}}"""
    rows(engine, "event", CHARGE, f"({told}, 2, 0, {key}, 2, {key}, 'charge', '{filed}', '{detail}')")
    rows(engine, "record_block", "extract_id, source_keys", f"({told}, '{{{key}}}')")
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE ledger.extract SET difference = '{difference}' WHERE extract_id = {told}"))


def a_new_file(engine: Engine) -> None:
    charges(engine, "2024-02-01", 77, "2020-06-01", "2020-05-01")


def a_late_file(engine: Engine) -> None:
    charges(engine, "2024-01-15", 78, "2019-07-01", "2019-06-01")


def a_correction(engine: Engine) -> None:
    charges(engine, "2024-03-01", 77, "2023-06-01", "2023-05-01", '{"new": 0, "changed": 1, "gone": 0, "same": 0}')


def a_relink(engine: Engine) -> None:
    stated = pa.table({
        "subject_id": [1, 12], "participant_key": [BOB, ANN], "status": ["linked"] * 2, "probability": [0.9] * 2,
    })  # fmt: skip
    assert apply(engine, 2, stated, "m2")


def an_expungement(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM timeline.span WHERE subject_id IN (11, 12)"))
        rewritten = "UPDATE ledger.extract SET finished_at = now() WHERE feed = 'metro_probation_supervision'"
        connection.execute(text(rewritten))


def nothing(engine: Engine) -> None:
    """Another publication of the same."""


STORY = {
    "first": nothing, "new_file": a_new_file, "late_file": a_late_file, "new_file correction": a_correction,
    "relink": a_relink, "nothing": nothing,
}  # fmt: skip


def longer_lag() -> dict[str, Feed]:
    stated = feeds()
    told = stated["metro_court_charges"]
    return {**stated, told.name: replace(told, coverage=replace(told.coverage, lag_days=1500))}


@pytest.fixture(scope="module")
def restatements(
    postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, pl.DataFrame]]:
    """What each publication of the story restated; the last two go by another contract and definition."""
    databases = postgres.more_databases("_restated")
    migrate(databases.warehouse, typed_view_ddl("postgres"))
    engine, root = connect(databases.warehouse), tmp_path_factory.mktemp("restated")
    fill(engine)
    found: dict[str, pl.DataFrame] = {}
    for name, happens in STORY.items():
        happens(engine)
        found[name] = restated(databases.warehouse, root, feeds())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definitions, "AGE_BANDS", (*definitions.AGE_BANDS, (200, "two hundred and over")))
        found["terms"] = restated(databases.warehouse, root, longer_lag())
        an_expungement(engine)
        found["expungement"] = restated(databases.warehouse, root, longer_lag())
    yield found
    engine.dispose()
    drop_databases(databases)


def restated(url: str, root: Path, stated: Mapping[str, Feed]) -> pl.DataFrame:
    path = publish(url, root, "demo", stated).path
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("FROM restatement").pl()


@pytest.mark.parametrize("what", [*list(STORY)[1:-1], "expungement"])
def test_a_number_that_changed_says_what_took_place(restatements: dict[str, pl.DataFrame], what: str) -> None:
    found = restatements[what]
    assert found.schema == RESTATEMENT
    assert set(found["reasons"]) == {what}
    assert found.filter(pl.col("before").eq_missing(pl.col("after"))).is_empty()


def test_a_number_is_told_as_it_was_and_as_it_is(restatements: dict[str, pl.DataFrame]) -> None:
    one = restatements["new_file"].filter(
        source="outcome_rate", outcome="recharge", window_months=12, part=PART, measure="events"
    )
    told = one.select("before", "after", "before_publication", "after_publication").rows()
    assert told == [(1.0, 2.0, 1, 2)]


def test_nothing_is_restated_where_nothing_changed(restatements: dict[str, pl.DataFrame]) -> None:
    assert restatements["first"].is_empty()
    assert restatements["nothing"].is_empty()


def test_other_terms_of_a_contract_and_another_definition_are_told(restatements: dict[str, pl.DataFrame]) -> None:
    reasons = set(restatements["terms"].filter(source="outcome_rate")["reasons"])
    assert reasons == {"definition contract"}


def test_every_reason_is_one_of_the_list(restatements: dict[str, pl.DataFrame]) -> None:
    told = {reason for found in restatements.values() for reasons in found["reasons"] for reason in reasons.split()}
    assert told == set(REASONS)
