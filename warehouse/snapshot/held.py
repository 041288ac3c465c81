"""What a publication holds: its number, the extracts and link batches it reads, and since which one each stands.

Every row that can change says from which publication on it stands; what was replaced stands beside it. So each
publication can be told again from the newest snapshot (`warehouse.snapshot.as_of`).
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import duckdb
import polars as pl

from schemas.contract import Feed
from warehouse.outcomes import definitions
from warehouse.snapshot.source import from_warehouse
from warehouse.snapshot.tables import kinds
from warehouse.store.engine import connect
from warehouse.store.link_tables import FROM_THE_FIRST
from warehouse.store.publications import Publication, enter, numbered

TERMS: Final = pl.Schema({
    "feed": pl.String(), "contract_version": pl.Int32(), "kind": pl.String(), "lag_days": pl.Int32(),
})  # fmt: skip
FEED_TERM: Final = pl.Schema({**TERMS, "publication": pl.Int64(), "replaced": pl.Int64()})
PUBLICATION: Final = pl.Schema({
    "publication": pl.Int64(), "version": pl.String(), "published_at": pl.Datetime("us", "UTC"),
    "told_until": pl.Date(), "model_version": pl.String(), "definition": pl.String(),
})  # fmt: skip

_FEED_TERM: Final = f"SELECT {', '.join(FEED_TERM)} FROM ledger.feed_term"
_LOADED: Final = "SELECT extract_id, as_of FROM ledger.extract WHERE state = 'loaded'"
_BATCHES: Final = "SELECT batch_id, model_version, key_version FROM ledger.link_batch ORDER BY batch_id"
_KEY: Final = "(SELECT newest.key_version FROM ledger.link_batch AS newest ORDER BY newest.batch_id DESC LIMIT 1)"
_LINK: Final = """
SELECT link.subject_id, link.participant_key, link.status, link.probability,
       coalesce(batch.publication, {number}) AS publication
FROM timeline.link AS link
LEFT JOIN ledger.link_batch AS batch ON batch.batch_id = coalesce(link.since_batch, link.batch_id)
ORDER BY link.subject_id
"""
_LINK_STRICT: Final = f"""
SELECT link.subject_id, link.threshold, link.participant_key,
       CASE coalesce(link.since_batch, {FROM_THE_FIRST}) WHEN {FROM_THE_FIRST} THEN {FROM_THE_FIRST}
            ELSE coalesce(batch.publication, {{number}}) END AS publication
FROM timeline.link_strict AS link LEFT JOIN ledger.link_batch AS batch ON batch.batch_id = link.since_batch
ORDER BY link.subject_id, link.threshold
"""
_LINK_HISTORY: Final = f"""
SELECT old.subject_id, old.threshold, old.participant_key, old.status, old.probability,
       CASE old.since_batch WHEN {FROM_THE_FIRST} THEN {FROM_THE_FIRST} ELSE since.publication END AS publication,
       coalesce(until.publication, {{number}}) AS replaced
FROM timeline.link_history AS old
LEFT JOIN ledger.link_batch AS since ON since.batch_id = old.since_batch
JOIN ledger.link_batch AS until ON until.batch_id = old.until_batch
WHERE (since.key_version IS NOT DISTINCT FROM {_KEY} OR old.since_batch = {FROM_THE_FIRST})
  AND coalesce(since.publication, old.since_batch) < coalesce(until.publication, {{number}})
  AND (since.publication IS NOT NULL OR old.since_batch = {FROM_THE_FIRST})
ORDER BY old.subject_id, old.threshold, replaced
"""
"""Of keys under the present version of the project's key only, and of what some publication held."""
LINKS: Final[Mapping[str, str]] = {"link": _LINK, "link_strict": _LINK_STRICT, "link_history": _LINK_HISTORY}

_EARLIER: Final = f"""
SELECT publication, version, published_at, told_until, model_version, definition FROM ledger.publication
WHERE project = '{{project}}' AND key_version IS NOT DISTINCT FROM {_KEY} ORDER BY publication
"""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a publication reads; ``terms``: what its contracts say, schema `TERMS`."""

    number: int
    extracts: list[int] = field(repr=False)
    batches: list[int] = field(repr=False)
    told_until: dt.date | None
    model_version: str | None
    key_version: int | None
    terms: pl.DataFrame = field(repr=False)


def hold(connection: duckdb.DuckDBPyConnection, warehouse_url: str, feeds: Mapping[str, Feed]) -> Held:
    """Take a number and begin to read: everything else that the connection reads is of the same instant."""
    engine = connect(warehouse_url)
    try:
        with numbered(engine) as number:
            loaded = connection.execute(f"FROM {from_warehouse(_LOADED)}").fetchall()
    finally:
        engine.dispose()
    batches = connection.execute(f"FROM {from_warehouse(_BATCHES)}").fetchall()
    _, model_version, key_version = batches[-1] if batches else (0, None, None)
    return Held(
        number=number, extracts=[extract_id for extract_id, _ in loaded], batches=[batch[0] for batch in batches],
        told_until=max((as_of for _, as_of in loaded), default=None), model_version=model_version,
        key_version=key_version, terms=_terms(feeds),
    )  # fmt: skip


def _terms(feeds: Mapping[str, Feed]) -> pl.DataFrame:
    rows = [(feed.name, feed.version, kind, feed.coverage.lag_days) for feed in feeds.values() for kind in kinds(feed)]
    return pl.DataFrame(rows, schema=TERMS, orient="row")


def definition() -> str:
    """The hash of what `warehouse.outcomes.definitions` states: 16 hexadecimal digits, another for other terms."""
    stated = {name: value for name, value in vars(definitions).items() if name.isupper()}
    return hashlib.sha256(repr(sorted(stated.items())).encode()).hexdigest()[:16]


def publication(held: Held, project: str, version: str, at: dt.datetime) -> Publication:
    """What is noted of the publication that holds this."""
    return Publication(
        publication=held.number, project=project, version=version, published_at=at, told_until=held.told_until,
        model_version=held.model_version, key_version=held.key_version, definition=definition(),
    )  # fmt: skip


def extracts(query: str, held: Held) -> str:
    """The query for the ledger's extracts with the publication since which each is held, this one included."""
    since = f"CASE WHEN state = 'loaded' THEN coalesce(publication, {held.number}) END"
    return f"SELECT * REPLACE ({since} AS publication) FROM ({query}) ORDER BY extract_id"


def links(name: str, held: Held) -> str:
    """The query for one of `LINKS`, as it stands in the warehouse."""
    return f"FROM {from_warehouse(LINKS[name].format(number=held.number))}"


def feed_terms(connection: duckdb.DuckDBPyConnection, held: Held) -> pl.DataFrame:
    """The terms of every publication, this one included; schema `FEED_TERM`."""
    stored = connection.execute(f"FROM {from_warehouse(_FEED_TERM)}").pl()
    holding, closed = (stored.filter(pl.col("replaced").is_null() == open_) for open_ in (True, False))
    same = list(TERMS)
    parts = (
        closed,
        holding.join(held.terms, on=same, how="semi"),
        holding.join(held.terms, on=same, how="anti").with_columns(replaced=pl.lit(held.number)),
        held.terms.join(holding, on=same, how="anti").with_columns(publication=pl.lit(held.number)),
    )
    every = pl.concat([FEED_TERM.to_frame(), *parts], how="diagonal_relaxed")
    return every.select(list(FEED_TERM)).cast(FEED_TERM).sort("feed", "kind", "publication")


def publications(connection: duckdb.DuckDBPyConnection, this: Publication) -> pl.DataFrame:
    """The project's publications up to this one, schema `PUBLICATION`: those under the present key."""
    earlier = connection.execute(f"FROM {from_warehouse(_EARLIER.format(project=this.project))}").pl()
    mine = pl.DataFrame([{name: getattr(this, name) for name in PUBLICATION}], schema=PUBLICATION)
    return pl.concat([earlier.cast(PUBLICATION), mine])


def enter_publication(warehouse_url: str, made: Publication, held: Held) -> None:
    """Note in the warehouse what was published, and what was first held by it."""
    engine = connect(warehouse_url)
    try:
        enter(engine, made, held.extracts, held.batches, held.terms)
    finally:
        engine.dispose()
