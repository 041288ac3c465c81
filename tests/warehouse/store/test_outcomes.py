import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest
from sqlalchemy import Engine, text

from schemas.errors import StoreError
from warehouse.store.outcomes import replace, stand

ROW = {
    "participant_key": str(uuid.uuid4()), "index_kind": "supervision", "index_date": dt.date(2024, 1, 1),
    "index_agency": "probation", "outcome": "recharge", "window_months": 6, "value": "event", "days": 31,
    "event_date": dt.date(2024, 2, 1), "leading_date": dt.date(2024, 2, 1), "same_day": False, "competing": None,
    "age_band": "25-34", "prior_filings": "0",
}  # fmt: skip


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM warehouse.outcome WHERE competing IS NULL")) or 0)


def test_outcomes_are_replaced_whole(engine: Engine) -> None:
    replace(engine, "outcome", pl.DataFrame([ROW, {**ROW, "window_months": 12}]))
    assert count(engine) == 2
    replace(engine, "outcome", pl.DataFrame([ROW]))
    assert count(engine) == 1


def test_a_failed_replacement_leaves_the_old_rows(engine: Engine) -> None:
    replace(engine, "outcome", pl.DataFrame([ROW]))
    with pytest.raises(StoreError):
        replace(engine, "outcome", pl.DataFrame([ROW, {**ROW, "value": None}]))
    assert count(engine) == 1


def test_two_publications_at_once_leave_the_rows_of_one(engine: Engine) -> None:
    many = pl.DataFrame([ROW] * 2000)
    replace(engine, "outcome", many)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: replace(engine, "outcome", many), range(9)))
    assert count(engine) == 2000


@pytest.mark.parametrize(
    "happens",
    [
        "DELETE FROM warehouse.outcome WHERE window_months = 6",
        "UPDATE warehouse.outcome SET value = 'no_event' WHERE window_months = 6",
        "INSERT INTO warehouse.outcome SELECT * FROM warehouse.outcome WHERE window_months = 6",
        "DELETE FROM warehouse.outcome",
    ],
)
def test_rows_that_were_written_stand_until_one_of_them_is_another(engine: Engine, happens: str) -> None:
    written = replace(engine, "outcome", pl.DataFrame([ROW, {**ROW, "window_months": 12}]))
    assert stand(engine, "outcome", written)
    with engine.begin() as connection:
        connection.execute(text(happens))
    assert not stand(engine, "outcome", written)


def test_rows_that_were_written_anew_are_others(engine: Engine) -> None:
    written = replace(engine, "outcome", pl.DataFrame([ROW]))
    again = replace(engine, "outcome", pl.DataFrame([ROW]))
    assert not stand(engine, "outcome", written)
    assert stand(engine, "outcome", again)
