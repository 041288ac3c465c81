"""`throughcare check`: the receipt that a file would get, from the contract alone; no store is opened."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from connectors.receipts import Receipt
from flows.judgement import examine
from flows.receipt import judged_receipt
from schemas.catalogue import feeds
from schemas.contract import Feed
from schemas.errors import ThroughcareError
from warehouse.store.extract import Counts, Extract

REFUSED: Final = 5
ROWS_REJECTED: Final = 6


class NoSuchFeed(ThroughcareError):
    """No feed of that name, or none that the file's name fits."""

    exit_code = 2


class NoSuchFile(ThroughcareError):
    """Nothing to try; the message leaves out the file's name, in which names of people stand."""

    exit_code = 2


def check_file(path: Path, feed: str | None, agency: str | None) -> list[Receipt]:
    """Judge a file as each feed that it delivers; ``feed`` overrides what its name says."""
    content = _content(path)
    wanted = [feed_named(feed)] if feed else _feeds_of(path.name, agency)
    return [_receipt(one, content, path.name) for one in wanted]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
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


def _receipt(feed: Feed, content: bytes, name: str) -> Receipt:
    judgement = examine(feed, content, name, lambda _stage: None)
    extract = Extract(
        extract_id=0, feed=feed.name, agency=feed.agency, digest=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content), arrived_at=dt.datetime.now(dt.UTC), state="landed", code=None, counts=Counts(),
        repeats=None, as_of=None, covered_from=None, covered_until=None, contract_version=feed.version, attempts=0,
        fence=0, verdict=None, receipt=None, finished_at=None,
    )  # fmt: skip
    return judged_receipt(extract, judgement)
