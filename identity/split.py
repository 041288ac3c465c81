"""The split: identifiers into the vault, content with random ids out of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from identity import fields
from identity.boundary import sealed, sealed_iterator
from identity.cmac import Codes
from identity.keys import blind_keys, digests, encrypt_all
from identity.met import Ids
from identity.staging import Columns, Staging, staging
from identity.surrogates import Places
from identity.vault import Vault
from schemas.contract import EachRow, Feed, Key, NoSubject, Via
from schemas.deletion import deleted_rows
from schemas.failpoint import reach
from schemas.natural_key import key_cells
from schemas.table import raw_column

IDENTITY, NUMBER, ALIAS = 1, 2, 3
"""Kinds of sighting: what the subject of a row is."""

_PART = "\x1e"
_NOTHING = "\x1d"


@sealed
def split(
    vault: Vault, feed: Feed, extract_id: int, accepted: pl.DataFrame, *, via: Collection[str] | None = None
) -> pl.DataFrame:
    """`split_batches` of an extract that comes as one frame."""
    return pl.concat(split_batches(vault, feed, extract_id, [accepted], via=via))


@sealed_iterator
def split_batches(
    vault: Vault,
    feed: Feed,
    extract_id: int,
    batches: Iterable[pl.DataFrame],
    *,
    via: Collection[str] | None = None,
    orders: int | None = None,
) -> Iterator[pl.DataFrame]:
    """Write what identifies to the vault and yield the content, batch by batch; staged once all are taken.

    ``via``: the key namespaces by which other feeds find their person (default: those of the catalogue).
    Content columns: ``row_number``, ``source_key`` (keyed hash of the natural key), ``version`` (keyed hash of all
    that the row says), ``deleted`` (where the feed says which records are), ``subject_id`` (null where the row has
    no person), ``key:<namespace>`` per key, and the kept columns by header, coarsened, with the agency's own text of
    codes. Repeating a split gives the same ids. ``orders``: the last order to expunge that the rows were held
    against; `StoreError` where another has been given since.
    """
    tied = _via_namespaces() if via is None else via
    with staging(vault, feed, extract_id, orders) as begun:
        for accepted in batches:
            content = _split(begun, accepted, tied)
            begun.end_batch()
            reach("split.batch")
            yield content
    reach("split.staged")


def _split(staging: Staging, accepted: pl.DataFrame, via: Collection[str]) -> pl.DataFrame:
    feed = staging.feed
    natural = natural_texts(feed, accepted)
    keys = {namespace: _key_ids(staging, namespace, accepted) for namespace in feed.namespaces}
    subject, kind = _subjects(staging, accepted, natural, keys)
    _sight(staging, subject, kind)
    _tie(staging, subject, keys, via)
    source = blind_keys(staging.keys.source, feed.name, natural)
    version = blind_keys(staging.keys.source, f"version of {feed.name}", _said(accepted))
    marks = [pl.Series("source_key", source), pl.Series("version", version)]
    if (gone := deleted_rows(feed, accepted)) is not None:
        marks.append(gone)
    return _content(feed, accepted, marks, subject, keys)


def _key_ids(staging: Staging, namespace: str, accepted: pl.DataFrame) -> Ids:
    """The surrogate of each row's key; 0 where it has none."""
    columns = staging.feed.namespaces[namespace]
    starts, run = _runs(accepted.select(columns))
    values = key_texts(accepted.select(columns)[starts], columns)

    wanted = digests(staging.keys.digest, f"key {namespace}", values.drop_nulls())
    ids = np.zeros(len(values), np.int64)
    ids[values.is_not_null().to_numpy()] = staging.keys_of[namespace].ids(wanted)
    return ids[run]


def _subjects(
    staging: Staging, accepted: pl.DataFrame, natural: pl.Series, keys: dict[str, Ids]
) -> tuple[Ids, npt.NDArray[np.int16]]:
    """Subject id (0: none) and kind of sighting of each row."""
    match staging.feed.subject:
        case NoSubject():
            return np.zeros(accepted.height, np.int64), np.zeros(accepted.height, np.int16)
        case Via(namespace):
            return keys[namespace], np.full(accepted.height, ALIAS, np.int16)
        case Key() as key:
            number = keys[key.namespace]
        case EachRow():
            number = np.zeros(accepted.height, np.int64)
    identity = _identities(staging, accepted, *identity_scope(staging.feed, accepted, natural), number)
    kind = np.where(identity > 0, IDENTITY, NUMBER).astype(np.int16)
    return np.where(identity > 0, identity, number), kind


def identity_scope(feed: Feed, accepted: pl.DataFrame, natural: pl.Series) -> tuple[pl.Series, str]:
    """Within what, row by row, a set of identifiers is one identity (number, else record), and whose that is."""
    if not isinstance(feed.subject, Key):
        return natural, feed.name
    scope = key_texts(accepted, feed.namespaces[feed.subject.namespace])
    if scope.null_count():
        # Without a number only the linker can say that two records of one name are one person.
        own = pl.concat_str(pl.lit(f"{_PART}{feed.name}"), natural, separator=_PART)
        scope = pl.select(pl.coalesce(scope, own)).to_series()
    return scope, feed.subject.namespace


def identity_digests(key: bytes, owner: str, scope: pl.Series, texts: pl.Series) -> Codes:
    """The blind digest of each set of identifiers (`fields.as_text`, null: it names nobody, left out) in its scope."""
    scoped = pl.select(pl.concat_str(scope.fill_null(""), texts, separator=_PART)).to_series()
    return digests(key, f"identity {owner}", scoped.drop_nulls())


def _identities(staging: Staging, accepted: pl.DataFrame, scope: pl.Series, owner: str, number: Ids) -> Ids:
    """The identity of each row (0: it names nobody); one per distinct identifiers within the number or record."""
    columns = fields.identifying_columns(staging.feed)
    if not columns:
        return np.zeros(accepted.height, np.int64)
    starts, run = _runs(accepted.select(*columns, scope.alias(_PART)))
    texts = fields.as_text(staging.feed, accepted.select(columns)[starts])
    named = texts.is_not_null().to_numpy()
    wanted = identity_digests(staging.keys.digest, owner, scope.gather(starts), texts)
    rows = starts[named]
    about = _About(texts.drop_nulls(), number[rows], accepted["row_number"].to_numpy()[rows])
    ids = np.zeros(len(starts), np.int64)

    def store(new: Codes, drawn: Ids, places: Places) -> None:
        staging.write_made("record", _records, staging.data_key, about, new, drawn, places)

    ids[named] = staging.identities.ids(wanted, store)
    return ids[run]


@dataclass(frozen=True)
class _About:
    """Of each run of rows that name a person: its identifiers as text, the agency's number (0: none), the first row."""

    texts: pl.Series
    number: Ids
    row_number: Ids


def _records(data_key: bytes, about: _About, new: Codes, ids: Ids, places: Places) -> list[Columns]:
    """Encrypt new identities, in a thread of its own: neither needs what comes next, nor it them."""
    made: list[Columns] = []
    number, row_number = about.number[places], about.row_number[places].astype(np.int32)
    # A binary COPY without a loop over rows needs rows of one width: one COPY per length of blob.
    for taken, texts in fields.padded(about.texts.gather(places)):
        blobs = encrypt_all(data_key, ids[taken], texts)
        for numbered in (True, False):
            here = (number[taken] > 0) == numbered
            if not here.any():
                continue
            rows = taken[here]
            columns = {
                "identity_id": ids[rows],
                "digest": new[rows],
                "row_number": row_number[rows],
                "blob": blobs[here],
            }
            made.append(columns | ({"number_id": number[rows]} if numbered else {}))
    return made


def _sight(staging: Staging, subject: Ids, kind: npt.NDArray[np.int16]) -> None:
    seen, first = np.unique(subject, return_index=True)
    real = seen > 0
    if real.any():
        staging.write("sighting", {"subject_id": seen[real], "kind": kind[first[real]]})


def _tie(staging: Staging, subject: Ids, keys: Mapping[str, Ids], via: Collection[str]) -> None:
    """Write which subject each key stands for, where other feeds find their person by that key."""
    feed = staging.feed
    if not isinstance(feed.subject, Key | EachRow):
        return
    own = feed.subject.namespace if isinstance(feed.subject, Key) else None
    for namespace in sorted(set(via) & set(keys) - {own}):
        pairs = pl.DataFrame({"alias_id": keys[namespace], "member_id": subject})
        pairs = pairs.filter(pl.all_horizontal(pl.all() > 0)).unique()
        if pairs.height:
            staging.write("alias", {name: pairs[name].to_numpy() for name in pairs.columns})


def _content(
    feed: Feed, accepted: pl.DataFrame, marks: list[pl.Series], subject: Ids, keys: dict[str, Ids]
) -> pl.DataFrame:
    ids = [pl.Series("subject_id", subject)]
    ids += [pl.Series(f"key:{namespace}", surrogate) for namespace, surrogate in keys.items()]
    kept = [_kept(column.name, column.keep.as_) for column in feed.columns if column.keep]
    raw = [name for column in feed.columns if column.keep and (name := raw_column(column.name)) in accepted.columns]
    filled = (pl.when(series != 0).then(series).alias(series.name) for series in ids)
    return accepted.select("row_number", *marks, *filled, *kept, *raw)


def _said(accepted: pl.DataFrame) -> pl.Series:
    """All that each row says, as one text: a record that says something else is another version of it."""
    cells = pl.all().exclude("row_number").cast(pl.String).fill_null(_NOTHING)
    return accepted.select(pl.concat_str(cells, separator=_PART)).to_series()


def _kept(name: str, coarsening: str | None) -> pl.Expr:
    column = pl.col(name)
    match coarsening:
        case "birth_year" | "year":
            return column.dt.year().cast(pl.Int64)
        case "month":
            return column.dt.month_start()
        case "zip3":
            return column.cast(pl.String).str.strip_chars().str.slice(0, 3)
        case _:
            return column


def natural_texts(feed: Feed, accepted: pl.DataFrame) -> pl.Series:
    """The natural key of each row as one text: what its ``source_key`` is made of."""
    cells = [cell.fill_null("") for cell in key_cells(feed.key)]
    return accepted.select(pl.concat_str(cells, separator=_PART)).to_series()


def key_texts(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """The cells of a key as one text; null where a part is empty."""
    cells = key_cells(columns)
    filled = pl.all_horizontal(*(cell != "" for cell in cells))
    return rows.select(pl.when(filled).then(pl.concat_str(cells, separator=_PART)).alias("value")).to_series()


def _runs(rows: pl.DataFrame) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where a row differs from the one before, and for each row the number of the run of equal rows it is in.

    Agencies write a person's or a case's records one after the other: each run is then dealt with once.
    """
    unlike = pl.any_horizontal(pl.all().ne_missing(pl.all().shift()))
    changed = rows.select(unlike.alias("changed"))["changed"].to_numpy(writable=True)
    changed[:1] = True
    return np.flatnonzero(changed), np.cumsum(changed) - 1


def _via_namespaces() -> frozenset[str]:
    from schemas.catalogue import feeds

    return frozenset(feed.subject.namespace for feed in feeds().values() if isinstance(feed.subject, Via))
