"""What is known of a delivered file beside its content, and its content on the way to judgement."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from connectors.manifest import Expected, Manifest, accept
from connectors.readers import read_batches
from connectors.totals import Totals
from schemas.contract import Feed
from schemas.decode import check_header
from schemas.errors import DeliveryRefused
from schemas.measures import Measures
from schemas.table import Judged, RawTable
from schemas.terms import Kind


@dataclass(frozen=True)
class Delivered:
    """A file as it came: whose folder, its bytes' SHA-256 and number, when, its name, and the manifest beside it."""

    agency: str
    digest: str
    size: int
    arrived_at: dt.datetime
    name: str = field(repr=False)
    manifest: bytes | None = field(default=None, repr=False)


def _no_history(_as_of: dt.date, _kind: Kind) -> Sequence[Measures]:
    return ()


def _no_references(_judged: Judged) -> Mapping[str, float]:
    return {}


@dataclass(frozen=True)
class Known:
    """What an installation knows beside a file; a trial without stores knows nothing.

    ``keys``: the agency's public keys by their names; None: signatures are not verified. ``history``: the measures
    of the last loaded deliveries of a kind before a day. ``references``: key namespace → share of the file's keys
    that are known.
    """

    keys: Mapping[str, Ed25519PublicKey] | None = None
    history: Callable[[dt.date, Kind], Sequence[Measures]] = _no_history
    references: Callable[[Judged], Mapping[str, float]] = _no_references


def manifest_of(feed: Feed, delivered: Delivered, known: Known) -> Manifest | None:
    """The manifest of a file, where it is genuine and fits; `DeliveryRefused` where it does not."""
    rule = feed.manifest
    expected = Expected(
        delivered.agency, feed.agreement, delivered.digest, delivered.size, delivered.arrived_at,
        name=delivered.name, feed=feed.name,
        demanded=bool(rule and rule.demanded), signed=bool(rule and rule.signed),
    )  # fmt: skip
    return accept(delivered.manifest, expected, known.keys)


class Tables(Iterator[RawTable]):
    """The tables of a file as they are read, counted, their header checked, columns of numbers summed.

    ``summed``: the columns whose totals are wanted. ``received``: records so far.
    """

    def __init__(self, feed: Feed, pieces: Iterable[bytes], summed: Iterable[str] = ()) -> None:
        """Begin to read; `DeliveryRefused` comes with the first table."""
        self._feed = feed
        self._batches = read_batches(pieces, feed.format, feed.headers)
        self._totals = Totals(sorted(set(summed)))
        self._tables = self._totals.counted(self._batches)

    @property
    def received(self) -> int:
        """Records so far."""
        return self._totals.received

    @property
    def totals(self) -> Mapping[str, Decimal | None]:
        """Column → exact sum so far, blank cells left out; None where a cell is no number."""
        return self._totals.sums

    @property
    def text_digest(self) -> str | None:
        """The SHA-256 of what was packed in the file; None where it is not packed, or not read to its end."""
        return self._batches.digest

    def __next__(self) -> RawTable:
        """The next table; raises `DeliveryRefused` where file or header are not what was agreed."""
        table = next(self._tables)
        check_header(self._feed, [header for header in table.rows.columns if header != "row_number"])
        return table

    def count_rest(self) -> int:
        """Count the records of a file that was refused while it was read; 0 where it cannot be read to its end."""
        try:
            return self.received + sum(table.received for table in self._batches)
        except DeliveryRefused:
            return 0
