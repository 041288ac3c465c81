"""`throughcare check`: the receipt that a file would get, from the contract alone; no store is opened."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from connectors.arrival import manifest_name
from connectors.intake import read_beside
from connectors.receipts import Receipt
from flows.delivered import Delivered, Known, Tables
from flows.judgement import examine
from flows.receipt import Heading, judged_receipt
from flows.standing import HELD, Standing
from schemas.catalogue import feeds
from schemas.contract import Feed
from schemas.errors import ThroughcareError

REFUSED: Final = 5
ROWS_REJECTED: Final = 6
_PIECE: Final = 4 << 20


class NoSuchFeed(ThroughcareError):
    """No feed of that name, or none that the file's name fits."""

    exit_code = 2


class NoSuchFile(ThroughcareError):
    """Nothing to try; the message leaves out the file's name, in which names of people stand."""

    exit_code = 2


def check_file(path: Path, feed: str | None, agency: str | None) -> list[Receipt]:
    """Judge a file as each feed that it delivers; ``feed`` overrides what its name says.

    A manifest beside it is held against it as well, but for its signature: the keys are the installation's.
    """
    wanted = [feed_named(feed)] if feed else _feeds_of(path.name, agency)
    return [_receipt(one, path) for one in wanted]


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece
        return
    except OSError:
        pass
    raise NoSuchFile("there is no such file, or it cannot be read")


def exit_code(receipts: Sequence[Receipt]) -> int:
    """0 all taken, 5 something refused or held as a whole, 6 rows rejected."""
    if any(receipt.state != "loaded" for receipt in receipts):
        return REFUSED
    return ROWS_REJECTED if any(receipt.rejected for receipt in receipts) else 0


def feed_named(name: str) -> Feed:
    """The feed of that name; `NoSuchFeed`."""
    try:
        return feeds()[name]
    except KeyError:
        pass
    raise NoSuchFeed("no such feed: `throughcare feeds` lists them")


def _feeds_of(name: str, agency: str | None) -> list[Feed]:
    found = [one for one in feeds().values() if one.matches(name) and agency in (None, one.agency)]
    if not found:
        raise NoSuchFeed("no feed has files of that name: `throughcare feeds` lists them, --feed chooses one")
    if len({one.agency for one in found}) > 1:
        raise NoSuchFeed("several agencies send files of that name: choose one with --agency or --feed")
    return found


def stated_of(path: Path, feed: str | None) -> dict[str, Any]:
    """What a manifest states of a file beside its bytes: whose it is, under what terms, its records and totals.

    `DeliveryRefused` where the file cannot be read as its feed says.
    """
    found = feed_named(feed) if feed else next(iter(_feeds_of(path.name, None)))
    tables = Tables(found, _pieces(path), found.manifest.totals if found.manifest else ())
    rows = sum(table.received for table in tables)
    totals = {name: str(total) for name, total in tables.totals.items() if total is not None}
    return {"rows": rows, "agency": found.agency, "agreement": found.agreement, "feed": found.name, "totals": totals}


def _receipt(feed: Feed, path: Path) -> Receipt:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(path):
        digest.update(piece)
        size += len(piece)
    now, manifest = dt.datetime.now(dt.UTC), read_beside(path.with_name(manifest_name(path.name)))
    delivered = Delivered(feed.agency, digest.hexdigest(), size, now, path.name, manifest)
    judgement = examine(feed, delivered, _pieces(path), Known(), lambda _stage: None)
    held = HELD if judgement.state == HELD else None
    standing = Standing(judgement.state, judgement.refused.code if judgement.refused else held)
    return judged_receipt(Heading(0, feed.name, feed.agency, delivered.digest, size, now), judgement, standing)
