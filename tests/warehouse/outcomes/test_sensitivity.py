"""Outcomes at stricter thresholds: the same as if everything had been computed from those participants."""

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.warehouse.outcomes.test_scale import town
from warehouse.outcomes.compute import compute
from warehouse.outcomes.sensitivity import SENSITIVITY, sensitivity
from warehouse.study.rates import OVERALL

PEOPLE = 3_000
THRESHOLDS = (0.5, 0.9, 0.99)
SUBJECTS = """
CREATE TABLE subject AS
SELECT row_number() OVER () AS subject_id, participant_key, what, record_id FROM (
    SELECT participant_key, 'span' AS what, record_id FROM span
    UNION ALL SELECT participant_key, 'event', row_number FROM event WHERE kind = 'charge')
"""
EVENTS = """
CREATE OR REPLACE TABLE event AS SELECT e.*, s.subject_id FROM event AS e JOIN subject AS s
ON s.participant_key = e.participant_key
AND CASE WHEN e.kind = 'charge' THEN s.what = 'event' AND s.record_id = e.row_number ELSE s.what = 'span' END
"""
SPANS = """
CREATE OR REPLACE TABLE span AS SELECT p.*, s.subject_id FROM span AS p JOIN subject AS s
ON s.participant_key = p.participant_key AND s.what = 'span'
"""
LINKS = """
CREATE TABLE participant_link AS
SELECT subject_id, threshold,
       CASE WHEN hash(participant_key) % 100 < share AND hash(subject_id) % 2 = 0
            THEN participant_key || '-' || subject_id ELSE participant_key END AS participant_key
FROM subject, (VALUES (0.5, 0), (0.9, 10), (0.99, 30)) AS held(threshold, share)
"""


def linked_town(people: int = PEOPLE) -> duckdb.DuckDBPyConnection:
    """A town in which a tenth of the participants fall apart at .9 and three tenths at .99."""
    connection = town(people)
    for statement in (SUBJECTS, EVENTS, SPANS, LINKS):
        connection.execute(statement)
    return connection


def computed_anew(threshold: float) -> pl.DataFrame:
    """The rates of a town in which the participants are those of the threshold from the beginning."""
    connection = linked_town()
    for table in ("event", "span"):
        connection.execute(f"""
            CREATE OR REPLACE TABLE {table} AS SELECT t.* REPLACE (l.participant_key AS participant_key)
            FROM {table} AS t JOIN participant_link AS l USING (subject_id) WHERE l.threshold = {threshold}""")
    connection.execute(f"""
        CREATE OR REPLACE TABLE participant AS SELECT DISTINCT participant_key, 1980 AS birth_year
        FROM participant_link WHERE threshold = {threshold}""")
    return compute(connection).rate.filter(stratum_kind=OVERALL)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_rates_are_those_of_the_thresholds_participants(threshold: float) -> None:
    connection = linked_town()
    compute(connection)
    found = sensitivity(connection, THRESHOLDS).filter(threshold=threshold).drop("threshold")
    expected = computed_anew(threshold).select(found.columns).sort("outcome", "window_months")
    assert_frame_equal(found, expected)


def test_thresholds_differ_where_links_are_uncertain_and_the_first_is_that_of_the_rates() -> None:
    connection = linked_town()
    rate = compute(connection).rate.filter(stratum_kind=OVERALL)
    found = sensitivity(connection, THRESHOLDS)
    assert found.schema == SENSITIVITY
    assert found.filter(threshold=0.5)["events"].to_list() == rate.sort("outcome", "window_months")["events"].to_list()
    recharged = found.filter(outcome="recharge", window_months=24).sort("threshold")
    assert recharged["events"].n_unique() == 3
    assert recharged["events"].is_sorted(descending=True)


def test_what_the_connection_finds_by_name_is_what_it_found_before() -> None:
    connection = linked_town(200)
    compute(connection)
    before = connection.execute("SELECT count(*) FROM event, span, participant").fetchall()
    sensitivity(connection, THRESHOLDS)
    assert connection.execute("SELECT count(*) FROM event, span, participant").fetchall() == before
    assert connection.execute("SELECT current_schema()").fetchall() == [("main",)]
