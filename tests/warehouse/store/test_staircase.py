"""Each migration on a warehouse that holds deliveries: nothing of them is lost, and the views show the same."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from tests.warehouse.store.stories import shown, tell
from warehouse.store.engine import connect
from warehouse.store.ledger import Ledger
from warehouse.store.migrate import _configuration, is_current, migrate
from warehouse.store.tables import LEDGER

EXTRACT = """
INSERT INTO ledger.extract (feed, agency, digest, size_bytes, arrived_at, as_of, covered_from, covered_until, delivery,
                            state, received, loaded, finished_at)
VALUES ('{feed}', 'a', md5('{feed}{day}'), 1, '2026-01-0{day}', '2026-01-0{day}', '2020-01-01', '2026-01-0{day}',
        '{kind}', 'loaded', 2, 2, '2026-01-0{day}')
"""
EVENT = """
INSERT INTO timeline.event (extract_id, row_number, moment, source_key, kind, event_date, code)
VALUES ({extract}, {key}, 0, {key}, 'contact', '2020-01-01', '{code}')
"""


@pytest.fixture
def at_the_first_step(new_database: Callable[..., str]) -> Iterator[Engine]:
    """A warehouse of the first migration with two full deliveries of one feed and two deltas of another."""
    engine = connect(new_database(bare=True))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {LEDGER}"))
        command.upgrade(_configuration(connection), "0001")
        _fill(connection)
    yield engine
    engine.dispose()


def _fill(connection: Connection) -> None:
    for feed, kind, day in (("f", "full", 1), ("f", "full", 2), ("contacts", "delta", 1), ("contacts", "delta", 2)):
        connection.execute(text(EXTRACT.format(feed=feed, kind=kind, day=day)))
    for extract, key, code in ((1, 65, "1"), (2, 65, "2"), (3, 70, "1"), (3, 71, "1"), (4, 70, "2")):
        connection.execute(text(EVENT.format(extract=extract, key=key, code=code)))
    connection.execute(text("INSERT INTO timeline.record_version VALUES (3, 70), (3, 71), (4, 70), (4, 72)"))


HISTORY = ["A1 1-2", "A2 2-", "F1 1-2", "F2 2-", "G1 1-"]


def test_deliveries_of_the_first_step_are_shown_as_before(at_the_first_step: Engine) -> None:
    url = at_the_first_step.url.render_as_string(hide_password=False)
    migrate(url)
    assert is_current(at_the_first_step)
    assert shown(at_the_first_step) == HISTORY
    with at_the_first_step.connect() as connection:
        stated = connection.execute(text("SELECT * FROM timeline.record_version ORDER BY 1, 2")).all()
    assert [tuple(row) for row in stated] == [(1, 65), (2, 65), (3, 70), (3, 71), (4, 70), (4, 72)]
    assert Ledger(at_the_first_step).difference(1) is None


def test_deliveries_of_the_first_step_are_followed_by_new_ones(at_the_first_step: Engine) -> None:
    migrate(at_the_first_step.url.render_as_string(hide_password=False))
    assert tell(at_the_first_step, ["delta 3: F3 G4"]) == [None]
    assert shown(at_the_first_step) == ["A1 1-2", "A2 2-", "F1 1-2", "F2 2-3", "F3 3-", "G1 1-3", "G4 3-"]


def test_a_step_down_and_up_again_keeps_the_deliveries(at_the_first_step: Engine) -> None:
    url = at_the_first_step.url.render_as_string(hide_password=False)
    migrate(url)
    with at_the_first_step.begin() as connection:
        command.downgrade(_configuration(connection), "0001")
        stated = connection.execute(text("SELECT * FROM timeline.record_version ORDER BY 1, 2")).all()
        assert [tuple(row) for row in stated] == [(3, 70), (3, 71), (4, 70), (4, 72)]
    migrate(url)
    assert shown(at_the_first_step) == HISTORY
    assert Ledger(at_the_first_step).latest()[0].as_of == dt.date(2026, 1, 2)
