"""A person goes: afterwards everything is as if they had never been, and nothing brings them back."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import SecretStr

from bench.city.city import City, write
from flows.backup import back_up, bring_back
from flows.certificate import certificate, is_genuine
from flows.expunge import carry_out, finish_orders
from flows.stores import open_stores
from flows.sweep import sweep
from flows.verify import verify
from identity import opened
from identity.orders import order_person
from identity.transfer import fetch
from tests.whole.conftest import Open
from tests.whole.installation import Installation

PEOPLE, SEED = 140, 11
PLACES = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"
CONTENT = "kind, event_date, code, code_raw, number, text, text_raw, detail::text, agency, feed"


@dataclass(frozen=True)
class Story:
    """An installation from which a person went, and one whose files never named them."""

    gone: Installation
    never: Installation
    key: uuid.UUID
    person: dict[str, Any]
    order: int
    loaded: dict[str, int]
    backup: Path
    files: Path
    fewer: Path
    people: int


@pytest.fixture(scope="module")
def story(installations: Open, tmp_path_factory: pytest.TempPathFactory) -> Story:
    city = City.generate(PEOPLE, SEED)
    files, fewer = tmp_path_factory.mktemp("city"), tmp_path_factory.mktemp("fewer")
    write(city, files)
    gone, never = installations("gone"), installations("never")
    gone.deliver(_files(files))
    gone.link()
    person, key = _someone(gone, city)
    gone.publish()
    loaded = {one.feed: one.counts.loaded for one in gone.stores.ledger.extracts()}
    backup = tmp_path_factory.mktemp("backup")
    back_up(gone.stores, str(backup))
    order = order_person(gone.stores.vault, gone.stores.project, key, None, "docket 12-345", "clerk")
    assert finish_orders(gone.stores) == 1
    write(_without(city, person), fewer)
    never.deliver(_files(fewer))
    never.link()
    never.publish()
    named = city.truth.persons.filter(pl.col("person") == person).to_dicts()[0]
    return Story(gone, never, key, named, order, loaded, backup, files, fewer, sum(_partition(never).values()))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("metro_*/*") if path.is_file())


def _someone(gone: Installation, city: City) -> tuple[int, uuid.UUID]:
    """A person who is one participant and nobody else's, told of by three agencies, with no faulty row."""
    faulty = pl.concat(
        [city.truth.errors.select("file", "row_number"), city.truth.duplicates.select("file", "row_number")]
    )
    rows = city.truth.rows.with_columns(agencies=pl.col("agency").n_unique().over("person"))
    hit = rows.join(faulty.unique(), on=["file", "row_number"], how="semi")["person"]
    rows = rows.filter((pl.col("agencies") == 3) & ~pl.col("person").is_in(hit.implode()))
    said = gone.warehouse(
        "SELECT feed, row_number, participant_key FROM warehouse.event UNION ALL "
        "SELECT feed, row_number, participant_key FROM warehouse.span"
    )
    told = pl.DataFrame(
        [(feed, row, str(key)) for feed, row, key in said],
        schema={"feed": pl.String(), "row_number": pl.Int64(), "key": pl.String()}, orient="row",
    )  # fmt: skip
    once = city.truth.rows.group_by("feed").agg(pl.col("file").n_unique().alias("files")).filter(pl.col("files") == 1)
    who = told.join(city.truth.rows.join(once, on="feed", how="semi"), on=["feed", "row_number"]).select(
        "key", "person"
    )
    pure = who.unique().filter(pl.len().over("key") == 1, pl.len().over("person") == 1)
    found = pure.filter(pl.col("person").is_in(rows["person"].unique().implode())).sort("person").row(0, named=True)
    return int(found["person"]), uuid.UUID(found["key"])


def _without(city: City, person: int) -> City:
    """The same files without a person's rows."""
    mine = city.truth.rows.filter(pl.col("person") == person)
    files = []
    for file in city.files:
        taken = mine.filter(pl.col("file") == file.name)["row_number"] - 2
        rows = file.planted.rows.with_row_index("place").filter(~pl.col("place").is_in(taken.implode())).drop("place")
        files.append(replace(file, planted=replace(file.planted, rows=rows)))
    return replace(city, files=tuple(files))


def _partition(installation: Installation) -> Counter[tuple[object, ...]]:
    """What each participant's timeline says, whoever they are."""
    rows = installation.warehouse(
        f"SELECT participant_key::text AS who, {CONTENT} FROM warehouse.event ORDER BY {PLACES}"
    )
    told: dict[str, list[object]] = {}
    for who, *said in rows:
        told.setdefault(who, []).append(tuple(said))
    return Counter(tuple(lines) for lines in told.values())


def test_who_is_left_is_told_of_and_linked_as_if_the_person_had_never_been(story: Story) -> None:
    assert _partition(story.gone) == _partition(story.never)
    assert story.gone.snapshot("SELECT count(*) FROM participant").item() > 0
    for query in (
        "SELECT * FROM study_rate ORDER BY ALL",
        "SELECT * FROM outcome_rate ORDER BY ALL",
        "SELECT * FROM measure ORDER BY ALL",
        "SELECT feed, loaded FROM extract ORDER BY ALL",
        "SELECT feed, covered_from, covered_until FROM coverage ORDER BY ALL",
    ):
        assert_frame_equal(story.gone.snapshot(query), story.never.snapshot(query), rel_tol=1e-9, abs_tol=1e-12)


def test_the_ledger_says_of_each_file_how_many_rows_went_and_adds_up(story: Story) -> None:
    went = 0
    for one in story.gone.stores.ledger.extracts():
        went += story.loaded[one.feed] - one.counts.loaded if one.state == "loaded" else 0
    rows = story.gone.warehouse("SELECT count(*) FROM ledger.rejection WHERE rule = 'expunged'")[0][0]
    assert rows > 10
    removed = certificate(story.gone.stores, story.order)["removed"]
    assert rows == removed["timeline.record_block"]
    assert [one.faults for one in verify(story.gone.stores)] == [()] * 7


def test_no_store_holds_a_name_a_key_or_a_file_of_the_person(story: Story) -> None:
    stores = story.gone.stores
    left = [store.read(digest) for store in stores.files for digest in store.digests()]
    names = (story.person["surname"].encode(), story.person["ssn4"].encode())
    assert not [content for content in left if all(name in content for name in names)]
    with stores.vault.transaction() as cursor:
        ids = fetch(cursor, "SELECT identity_id FROM record", ("identity_id",))["identity_id"]
        said = opened.read(cursor, stores.vault.keys, pl.Series(ids.astype("int64")))
    born = f"{story.person['birth']:%Y-%m-%d}"
    texts = said.select(pl.concat_str(pl.all().cast(pl.String), separator="|", ignore_nulls=True)).to_series()
    assert (
        not texts.str.contains(born).any()
        or not texts.filter(texts.str.contains(born)).str.contains(story.person["surname"].upper()).any()
    )
    for engine in (stores.warehouse, stores.vault.engine):
        assert _columns_with(engine, str(story.key)) == []


def _columns_with(engine: Any, text: str) -> list[str]:
    import sqlalchemy as sa

    found = []
    with engine.connect() as connection:
        for schema, table, column in connection.execute(sa.text(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            "WHERE table_schema IN ('ledger', 'timeline', 'warehouse', 'vault')"
        )).fetchall():  # fmt: skip
            query = sa.text(
                f'SELECT EXISTS (SELECT FROM "{schema}"."{table}" AS told WHERE told."{column}"::text = :text)'
            )
            if connection.scalar(query, {"text": text}):
                found.append(f"{schema}.{table}.{column}")
    return found


def test_the_numbers_are_restated_by_order_and_older_snapshots_withdrawn(story: Story) -> None:
    reasons = story.gone.snapshot("SELECT DISTINCT reasons FROM restatement")["reasons"].to_list()
    assert reasons
    assert all("expungement" in reason for reason in reasons)
    folder = story.gone.stores.settings.home / "published" / story.gone.stores.settings.project
    assert len(list((folder / "manifests").glob("*.json"))) == 1
    (withdrawn,) = (folder / "withdrawn").glob("*.json")
    said = json.loads(withdrawn.read_text())
    needed = {path.relative_to(folder).as_posix() for path in folder.glob("*/*.parquet")}
    assert {part["file"] for part in said["partitions"]} - needed
    assert not list(folder.glob(f"**/*{story.key}*"))


def test_a_certificate_says_what_went_and_shows_when_it_is_changed(story: Story) -> None:
    said = certificate(story.gone.stores, story.order)
    assert said["state"] == "done"
    assert said["removed"]["vault.record"] > 0
    assert said["removed"]["files"] > 0
    assert is_genuine(said)
    assert not is_genuine({**said, "scope": "record"})
    assert "docket" not in json.dumps(said)
    assert str(story.key) not in json.dumps(said)


def _shortened(files: Path, folder: Path) -> list[Path]:
    """Later full deliveries of the text files, each without its last row: other bytes, the same people."""
    for path in _files(files):
        if path.suffix in (".csv", ".txt") and "20250630" in path.name:
            later = folder / path.parent.name / path.name.replace("20250630", "20250707")
            later.parent.mkdir(parents=True, exist_ok=True)
            later.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    return sorted(folder.glob("*/*"))


def _kept_and_covered(installation: Installation) -> list[Any]:
    """The deliveries whose bytes hold what the order covers, and are still kept."""
    return installation.warehouse(
        "SELECT extract_id FROM ledger.extract AS one WHERE expunged_at IS NULL AND EXISTS (SELECT FROM "
        "ledger.rejection AS row WHERE row.extract_id IN (one.extract_id, one.repeats) AND rule = 'expunged')"
    )


def test_the_files_do_not_bring_the_person_back(story: Story, tmp_path: Path) -> None:
    receipts = story.gone.deliver(_files(story.files))
    assert {receipt.state for receipt in receipts} == {"duplicate"}
    receipts = story.gone.deliver(_shortened(story.files, tmp_path / "later"))
    story.never.deliver(_shortened(story.fewer, tmp_path / "never"))
    loaded = [receipt for receipt in receipts if receipt.state == "loaded"]
    covered = [receipt for receipt in loaded if any(fault.rule == "expunged" for fault in receipt.faults)]
    assert len(covered) > 4
    assert "an order to expunge covers the record" in covered[0].to_text()
    story.gone.link()
    story.never.link()
    assert _partition(story.gone) == _partition(story.never)
    assert [one.faults for one in verify(story.gone.stores) if one.store != "snapshot"] == [()] * 6
    assert _kept_and_covered(story.gone)
    sweep(story.gone.stores)
    assert _kept_and_covered(story.gone) == []
    kept = {one.digest for one in story.gone.stores.ledger.extracts() if one.expunged_at is None}
    assert set(story.gone.stores.landing.digests()) == kept


def test_an_old_backup_is_brought_back_without_the_person(story: Story, tmp_path: Path) -> None:
    back_up(story.gone.stores, str(story.backup))
    oldest = min(one.name for one in story.backup.glob("*.json"))[:16]
    key = story.gone.stores.settings.master_key
    assert isinstance(key, SecretStr)
    settings = story.gone.stores.settings.model_copy(
        update={"home": tmp_path / "home", "intake": tmp_path / "intake", "warehouse_url": None, "vault_url": None}
    )
    bring_back(settings, str(story.backup), oldest)
    with open_stores(settings) as stores:
        again = Installation(stores, story.gone.databases)
        again.link()
        assert _columns_with(stores.warehouse, str(story.key)) == []
        assert [one.faults for one in verify(stores)] == [()] * 7
        assert sum(_partition(again).values()) == story.people


def test_only_what_an_agency_told_goes_where_the_order_is_to_it_alone(story: Story) -> None:
    stores = story.gone.stores
    told = "SELECT agency, count(*) FROM warehouse.event WHERE participant_key = '{}' GROUP BY 1"
    (key,) = story.gone.warehouse(
        "SELECT participant_key FROM warehouse.participant WHERE cardinality(agencies) = 3 ORDER BY moments LIMIT 1"
    )[0]
    before = dict(story.gone.warehouse(told.format(key)))
    order_person(stores.vault, stores.project, key, ["metro_peer"], "consent withdrawn", "clerk")
    assert carry_out(stores) == 1
    story.gone.link()
    after = dict(story.gone.warehouse(told.format(key)))
    assert after == {agency: rows for agency, rows in before.items() if agency != "metro_peer"}
    assert all(not one.faults for one in verify(stores) if one.store != "snapshot")
