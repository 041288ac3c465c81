"""What a resident process does before the first file comes, so that no file waits for it."""

import threading

from schemas.catalogue import feeds
from schemas.delivery import judge_delivery, warm
from schemas.measures import measure
from schemas.rows import judge_rows
from schemas.synthetic import rows
from schemas.table import FAULTS, RawTable


def warm_up() -> None:
    """Import what judging imports late (Great Expectations alone takes 5 s) and use each part of it once.

    A few made-up rows are judged; no store is touched.
    """
    feed = next(feed for feed in feeds().values() if feed.expects)
    made_up = rows(feed, 20, seed=1)
    table = RawTable(made_up, FAULTS.to_frame(), made_up.height)
    judge_delivery(feed, measure(feed, judge_rows(feed, table)))


def import_ahead() -> threading.Thread:
    """Import Great Expectations in a thread, while something else is waited for."""
    thread = threading.Thread(target=warm, name="import great_expectations", daemon=True)
    thread.start()
    return thread
