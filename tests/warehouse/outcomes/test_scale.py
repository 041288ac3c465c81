"""The outcomes of a made-up town: against a slow count person by person, and in time for many persons."""

import datetime as dt
import time

import duckdb
import polars as pl

from tests.spec.drawn import table
from tests.spec.outcomes.drawing import EVERYTHING_COVERED, load
from warehouse.outcomes.compute import compute
from warehouse.outcomes.values import outcomes

SPANS = """
INSERT INTO span BY NAME
SELECT 'p' || i AS participant_key, 'linked' AS status, 'supervision' AS kind,
       DATE '2018-01-01' + (hash(i) % 2000)::INTEGER AS start_date,
       start_date + 40 + (hash(i, 1) % 700)::INTEGER AS end_date,
       ['CO', 'CO', 'CO', 'TR', 'DE', 'IN', 'UU'][(hash(i, 2) % 7)::INTEGER + 1] AS code, i AS record_id,
       'probation' AS agency, 'cases' AS feed
FROM range($people) AS t(i)
"""
CHARGES = """
WITH charged AS (
    SELECT i, DATE '2018-01-01' + (hash(i, 3) % 2100)::INTEGER AS offence_date FROM range($people * 2) AS t(i)
)
INSERT INTO event BY NAME
SELECT 'p' || hash(i) % $people AS participant_key, 'charge' AS kind,
       offence_date + (hash(i, 4) % 25)::INTEGER AS event_date, i AS record_id, 'court' AS agency,
       'charges' AS feed, 2 AS extract_id, i AS row_number, json_object('offence_date', offence_date) AS detail
FROM charged
"""
REVOCATIONS = """
INSERT INTO event BY NAME
SELECT participant_key, 'revocation' AS kind, start_date + 30 + (hash(participant_key) % 300)::INTEGER AS event_date,
       ['technical', 'new_offence', 'other'][(hash(participant_key, 1) % 3)::INTEGER + 1] AS code, record_id,
       agency, 'violations' AS feed, 3 AS extract_id, record_id AS row_number, '{}' AS detail
FROM span WHERE hash(participant_key, 2) % 4 = 0
"""


def town(people: int) -> duckdb.DuckDBPyConnection:
    """A connection with one supervision a person, two charges each on average, a revocation for a quarter."""
    connection = duckdb.connect()
    load(connection, [], table(EVERYTHING_COVERED))
    count = {"people": people}
    connection.execute(
        "INSERT INTO participant SELECT 'p' || i, 1950 + i % 55, NULL FROM range($people) AS t(i)", count
    )
    connection.execute(SPANS, count)
    connection.execute(CHARGES, count)
    connection.execute(REVOCATIONS)
    return connection


def recharged_within_a_year(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Participant → value, by the definition read aloud; no outcome code."""
    covered_until, filing_lag, supervision_lag = dt.date(2024, 1, 1), dt.timedelta(30), dt.timedelta(14)
    events = connection.execute("SELECT * FROM event").pl()
    values = {}
    for span in connection.execute("SELECT * FROM span").pl().iter_rows(named=True):
        index, mine = span["start_date"], events.filter(pl.col("participant_key") == span["participant_key"])
        end = index.replace(year=index.year + 1, day=28 if (index.month, index.day) == (2, 29) else index.day)
        offences = [
            dt.date.fromisoformat(detail[17:27]) for detail in mine.filter(pl.col("kind") == "charge")["detail"]
        ]
        revoked = mine.filter(kind="revocation")
        gone = [day for day, code in revoked.select("event_date", "code").iter_rows() if code != "new_offence"]
        explained = any(day <= span["end_date"] + dt.timedelta(30) for day in revoked["event_date"])
        if span["code"] in ("TR", "DE") or (span["code"] == "IN" and not explained):
            gone.append(span["end_date"])
        first = min((day for day in offences if index < day < end), default=None)
        out = min((day for day in gone if index < day < end), default=None)
        if end + filing_lag > covered_until or end + supervision_lag > covered_until:
            value = "not_observable"
        elif first and (out is None or first <= out):
            value = "event"
        else:
            value = "competing" if out else "no_event"
        values[span["participant_key"]] = value
    return values


def test_a_slow_count_person_by_person_gives_the_same_values() -> None:
    connection = town(300)
    compute(connection)
    found = outcomes(connection).filter(outcome="recharge", window_months=12)
    assert dict(found.select("participant_key", "value").iter_rows()) == recharged_within_a_year(connection)
    assert found["value"].n_unique() == 4


def test_the_causes_of_a_return_to_custody_exclude_one_another() -> None:
    connection = town(2_000)
    compute(connection)
    outcome = outcomes(connection).filter(pl.col("outcome").str.starts_with("custody"), value="event")
    assert outcome.select("participant_key", "window_months").is_unique().all()


def test_rates_add_up_over_their_strata() -> None:
    rate = compute(town(2_000)).rate
    counts = rate.group_by("outcome", "window_months", "stratum_kind").agg(pl.col("n", "observable", "events").sum())
    assert (
        counts.group_by("outcome", "window_months")
        .agg(pl.struct("n", "observable", "events").n_unique())["n"]
        .to_list()
        == [1] * 12
    )


def test_a_large_county_takes_seconds() -> None:
    connection = town(60_000)
    begun = time.perf_counter()
    compute(connection)
    assert time.perf_counter() - begun < 30
    assert outcomes(connection).height == 60_000 * 12
