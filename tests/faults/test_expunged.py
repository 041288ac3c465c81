"""An order to expunge that is given while a delivery is under way: neither lets the person through."""

import threading

import polars as pl
import pytest

from flows.expunge import carry_out
from flows.link import link
from flows.once import ingest_once
from flows.stores import Stores
from identity.orders import orders
from schemas.failpoint import armed
from tests.faults.fault import withstands
from tests.flows.conftest import deliver
from tests.flows.test_expunge import FIRST, PEOPLE, SECOND, asked, order, sound, take, who


@pytest.fixture
def loaded(stores: Stores) -> Stores:
    """Twenty people are loaded and linked; the third is the one who goes."""
    assert take(stores, FIRST, PEOPLE) == "loaded"
    link(stores)
    return stores


def rows_left_out(stores: Stores) -> list[object]:
    query = "SELECT row_number FROM ledger.rejection WHERE rule = 'expunged' ORDER BY extract_id"
    return [row for (row,) in asked(stores, query)]


@withstands("an order to expunge while a file is judged", "the load begins anew without the person", "CP", "rotation")
def test_a_load_that_was_judged_before_an_order_is_judged_again(loaded: Stores) -> None:
    key, given = who(loaded, 4), list[int]()
    deliver(loaded.settings, SECOND, PEOPLE.with_columns(pl.lit("Parole").alias("Supervision Type")))

    def give(name: str) -> None:
        if name == "extract.judged" and not given:
            given.append(order(loaded, key))

    with armed(give):
        receipts = list(ingest_once(loaded))
    assert [(receipt.state, receipt.loaded, receipt.rejected) for receipt in receipts] == [("loaded", 19, 1)]
    assert rows_left_out(loaded) == [4]
    link(loaded)
    assert rows_left_out(loaded) == [4, 4]
    assert asked(loaded, f"SELECT count(*) FROM timeline.link WHERE participant_key = '{key}'") == [(0,)]
    assert sound(loaded)


@withstands("an order to expunge while a file is loaded", "it waits for the load, then takes it too", "CAP", "rotation")
@pytest.mark.parametrize("point", ["load.copied", "load.finished"])
def test_an_order_waits_for_a_load_that_has_begun(point: str, loaded: Stores) -> None:
    key, at_work = who(loaded, 4), list[threading.Thread]()
    deliver(loaded.settings, SECOND, PEOPLE.with_columns(pl.lit("Parole").alias("Supervision Type")))

    def give(name: str) -> None:
        if name == point and not at_work:
            order(loaded, key)
            at_work.append(threading.Thread(target=carry_out, args=(loaded,)))
            at_work[0].start()
            at_work[0].join(0.5)
            assert at_work[0].is_alive()

    with armed(give):
        assert [receipt.state for receipt in ingest_once(loaded)] == ["loaded"]
    at_work[0].join(60)
    link(loaded)
    assert rows_left_out(loaded) == [4, 4]
    assert [order.state for order in orders(loaded.vault)] == ["erased"]
    assert asked(loaded, "SELECT count(*) FROM timeline.link") == [(19,)]
    assert sound(loaded)
