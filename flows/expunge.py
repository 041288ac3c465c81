"""Orders to expunge are carried out: out of files, warehouse, vault and snapshots, in steps that can be repeated.

The order itself comes first (`identity.orders`): from then on nothing that it covers is loaded. Whoever links, sweeps
or publishes finishes what is open before anything else, so that nobody is published whom an order covers.
"""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from connectors.landing import LandingStore
from connectors.postgres import discard_wal
from flows.stores import Stores
from identity import erasing, orders
from identity.orders import Order
from schemas.catalogue import feeds
from schemas.codes import EXPUNGED
from schemas.failpoint import reach
from warehouse.store import expunge as warehouse
from warehouse.store.expunge import Scope
from warehouse.store.extract import Extract

if TYPE_CHECKING:
    from flows.expunged import Searched

ORDERED, ERASED, DONE = "ordered", "erased", "done"
_ORDERS: Final = "orders"
_REASON: Final = "an order to expunge covers records in it, or it cannot be told"
Say = Callable[[str], None]


def carry_out(stores: Stores, say: Say | None = None) -> int:
    """Erase what open orders cover from files, warehouse and vault; how many orders that was."""
    told = say or _unheard
    _remember(stores)
    carried = 0
    if any(order.state == ORDERED for order in orders.orders(stores.vault)):
        with orders.carrying_out(stores.vault):
            for order in orders.orders(stores.vault):
                if order.state == ORDERED:
                    _carry_out(stores, order, told)
                    carried += 1
    return carried


def finish_orders(stores: Stores, say: Say | None = None) -> int:
    """Carry out what is open, link who is left, publish anew what is published; how many orders ended."""
    from flows.link import link
    from flows.publish import publish

    told = say or _unheard
    carry_out(stores, told)
    if not (ended := sum(order.state == ERASED for order in orders.orders(stores.vault))):
        return 0
    told("publication")
    if any((stores.settings.home / "published").glob("*/manifest.json")):
        publish(stores)
    else:
        link(stores)
        withdrawn(stores, 0)
    return ended


def withdraw_others(published: Path, project: str) -> int:
    """Withdraw what stands in the folders of other projects: nobody publishes there now. How many versions."""
    from warehouse.snapshot.folder import withdraw_all

    folders = (folder for folder in published.iterdir() if folder.is_dir() and folder.name != project)
    return sum(withdraw_all(folder) for folder in folders)


def withdrawn(stores: Stores, removed: int) -> tuple[Order, ...]:
    """Note that no snapshot holds any more what orders covered: published anew, older ones removed."""
    done = [order for order in orders.orders(stores.vault) if order.state == ERASED]
    for order in done:
        erasing.count(stores.vault, order.order_id, {"snapshots": removed})
        erasing.advance(stores.vault, order.order_id, DONE)
    return tuple(done)


def is_unpublished(stores: Stores) -> bool:
    """Whether a snapshot may still hold what an order has taken out of the stores."""
    return any(order.state == ERASED for order in orders.orders(stores.vault))


def erase_covered_bytes(stores: Stores) -> int:
    """Erase the files that hold rows which an order covers and that were left out when they came; how many extracts."""
    if not orders.orders(stores.vault):
        return 0
    covered = set(warehouse.covered_extracts(stores.warehouse))
    return _erase_files(stores, [one for one in stores.ledger.extracts() if one.extract_id in covered])


def kept_orders(url: str, master: bytes) -> LandingStore:
    """Where the orders are kept outside of the databases, sealed: an installation's, or a backup's."""
    return LandingStore(f"{url}/{_ORDERS}", master)


def _remember(stores: Stores) -> None:
    """Keep new orders outside of the databases, and take in those that a restored vault does not know."""
    place = kept_orders(str(stores.settings.home), stores.settings.master())
    orders.adopt(stores.vault, [place.read(digest) for digest in place.digests()])
    for text in orders.kept(stores.vault):
        place.put_stream(BytesIO(text), _ORDERS)


def _carry_out(stores: Stores, order: Order, say: Say) -> None:
    from flows.expunged import search

    say("files")
    _remove_erased(stores)
    found = list(search(stores, _deliveries(stores, order)))
    scope = _scope(stores, order, found)
    erasing.note_candidates(stores.vault, order.order_id, warehouse.told_of(stores.warehouse, scope))
    reach("expunge.noted")
    say("warehouse")
    erasing.count(stores.vault, order.order_id, warehouse.expunge(stores.warehouse, scope))
    reach("expunge.rows")
    erased = _erase_kept(stores, found)
    erasing.count(stores.vault, order.order_id, {"files": erased})
    reach("expunge.files")
    say("vault")
    _erase_identities(stores, order)
    reach("expunge.vault")
    forgotten = warehouse.forget(stores.warehouse, erasing.gone(stores.vault, order.order_id))
    erasing.count(stores.vault, order.order_id, forgotten)
    reach("expunge.forgotten")
    say("free space")
    warehouse.reclaim(stores.warehouse)
    erasing.reclaim(stores.vault)
    if stores.settings.warehouse_url is None:
        discard_wal(stores.settings.home)
    erasing.advance(stores.vault, order.order_id, ERASED)


def _deliveries(stores: Stores, order: Order) -> Iterator[Extract]:
    """The ended deliveries of the order's agencies, those whose bytes are still there."""
    for extract in stores.ledger.extracts():
        mine = order.agencies is None or extract.agency in order.agencies
        if mine and extract.finished and extract.expunged_at is None:
            yield extract


def _scope(stores: Stores, order: Order, found: Sequence["Searched"]) -> Scope:
    rows = warehouse.rows_of((one.extract.extract_id, one.rows) for one in found if one.extract.state == "loaded")
    return Scope(erasing.subjects(stores.vault, order.order_id), order.agencies, rows)


def _erase_kept(stores: Stores, found: Sequence["Searched"]) -> int:
    """Erase the files in which anything is covered, or in which it cannot be told; those held are refused."""
    from flows.deliveries import refuse

    unclean = {one.extract.digest for one in found if not one.is_clean}
    for one in found:
        if one.extract.state == "held" and one.extract.digest in unclean and one.extract.repeats is None:
            refuse(stores, one.extract.extract_id, _REASON, EXPUNGED)
    covered = set(warehouse.covered_extracts(stores.warehouse))
    return _erase_files(stores, [
        one for one in stores.ledger.extracts()
        if one.expunged_at is None and one.finished and (one.extract_id in covered or one.digest in unclean)
    ])  # fmt: skip


def _erase_files(stores: Stores, extracts: Sequence[Extract]) -> int:
    """First the ledger, then the files: what a crash leaves is found by what the ledger says (`_remove_erased`)."""
    stores.ledger.mark_expunged(one.extract_id for one in extracts)
    reach("expunge.marked")
    _remove_erased(stores)
    return len(extracts)


def _remove_erased(stores: Stores) -> None:
    """Remove the files that the ledger calls erased; those that nobody has entered yet are left alone."""
    known = stores.ledger.extracts()
    wanted = {one.digest for one in known if one.expunged_at is None}
    erased = {one.digest for one in known} - wanted
    for store in stores.files:
        for digest in erased.intersection(store.digests()):
            store.remove(digest)


def _erase_identities(stores: Stores, order: Order) -> None:
    """Which extracts lost rows the ledger knows, also of an attempt that was cut off."""
    timed = {feed.name for feed in feeds().values() if feed.timeline}
    extracts = [one for one in warehouse.short_of_rows(stores.warehouse) if stores.ledger.get(one).feed in timed]
    erasing.erase(
        stores.vault, order.order_id, order.agencies, extracts, lambda ids: warehouse.untold(stores.warehouse, ids)
    )


def _unheard(_what: str) -> None:
    """Nobody listens."""
