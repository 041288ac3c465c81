import datetime as dt

from flows.once import ingest_once
from flows.status import read_status
from flows.stores import Stores
from tests.flows.conftest import FEED, content, deliver

NAME = "supervision_20250601.csv"


def test_the_status_counts_what_the_ledger_holds(stores: Stores) -> None:
    deliver(stores.settings, NAME, content(size=20))
    list(ingest_once(stores))
    deliver(stores.settings, NAME, content(size=20).drop("Gender"))
    list(ingest_once(stores))
    status = read_status(stores)
    (row,) = status["feeds"]
    assert (row["feed"], row["extracts"], row["kept_back"]) == (FEED, 2, 1)
    assert (row["received"], row["loaded"], row["quarantined"]) == (40, 20, 20)
    assert (status["extracts_pending"], status["extracts_unlinked"]) == (0, 1)
    assert status["reconciled"]
    assert not status["up"]


def test_a_weekly_feed_is_late_after_nine_days(stores: Stores) -> None:
    deliver(stores.settings, NAME, content())
    list(ingest_once(stores))
    now = dt.datetime.now(dt.UTC)
    assert read_status(stores, now + dt.timedelta(days=8))["feeds_late"] == 0
    assert read_status(stores, now + dt.timedelta(days=10))["feeds_late"] == 1
