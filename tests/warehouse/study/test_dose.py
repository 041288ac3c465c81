"""What the exposed of a study received: drawn people, and what the table says of them."""

import duckdb
import pytest

from tests.spec.drawn import table
from tests.spec.measures.drawing import EVERYTHING_COVERED, loaded
from warehouse.studies.peer_support import STUDY
from warehouse.studies.supervision_outcomes import STUDY as SUPERVISION
from warehouse.study.dose import PEOPLE, doses, is_dosed

RECORDS = """
who | what       | date       | until      | code                   | minutes | record
ann | enrolment  | 2020-02-01 |            | peer_support           |         | 1
ann | attendance | 2020-02-10 |            | attended               | 60      | 1
ann | attendance | 2020-02-17 |            | attended               | 120     | 1
ann | attendance | 2020-04-20 |            | attended               | 60      | 1
ann | enrolment  | 2021-06-01 |            | peer_support           |         | 2
bob | enrolment  | 2020-03-01 | 2020-04-01 | peer_support           |         | 3
bob | attendance | 2020-03-05 |            | attended               | 60      | 3
bob | attendance | 2020-03-12 |            | absent_unexcused       |         | 3
bob | attendance | 2020-03-19 |            | cancelled_by_programme |         | 3
cyd | enrolment  | 2019-12-01 |            | peer_support           |         | 4
cyd | attendance | 2020-02-10 |            | attended               | 60      | 4
dot | enrolment  | 2020-02-01 |            | housing                |         | 5
"""
PEOPLE_OF_THE_STUDY = """
SELECT unnest(['ann', 'bob', 'cyd', 'dot', 'eve']) AS participant_key, DATE '2020-01-01' AS index_date,
       'all' AS arm, 'peer_support' AS study
"""


@pytest.fixture
def town() -> duckdb.DuckDBPyConnection:
    connection = loaded(table(RECORDS), table(EVERYTHING_COVERED))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE study_outcome AS {PEOPLE_OF_THE_STUDY}")
    return connection


def test_the_first_enrolment_after_the_index_counts_and_no_other_programme(town: duckdb.DuckDBPyConnection) -> None:
    found = {row["measure"]: row for row in doses(town, [STUDY, SUPERVISION]).to_dicts()}
    assert {(row["study"], row["arm"]) for row in found.values()} == {("peer_support", "exposed")}
    hours = found["hours_attended"]
    assert (hours["n"], hours["mean"], hours["median"], hours["unit"]) == (2, 2.5, 2.5, "hours")
    assert hours["low"] == pytest.approx(2.5 - 1.959964 * 1.5, abs=1e-5)
    assert (found["sessions_offered"]["mean"], found["sessions_attended"]["mean"]) == (2.5, 2.0)
    assert found["attended_share"]["mean"] == 0.75
    assert (found["retained_30"]["mean"], found["retained_90"]["mean"], found["retained_90"]["unit"]) == (
        1,
        0.5,
        PEOPLE,
    )
    assert 0 < found["retained_90"]["low"] < 0.5 < found["retained_90"]["high"] < 1


def test_a_study_of_another_exposure_has_no_dose(town: duckdb.DuckDBPyConnection) -> None:
    assert not is_dosed(SUPERVISION)
    assert doses(town, [SUPERVISION]).is_empty()


def test_where_sessions_are_not_told_of_nothing_is_counted_as_none(town: duckdb.DuckDBPyConnection) -> None:
    covered = [row for row in table(EVERYTHING_COVERED) if row["kind"] != "attendance"]
    connection = loaded(table(RECORDS), covered)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE study_outcome AS {PEOPLE_OF_THE_STUDY}")
    assert doses(connection, [STUDY]).is_empty()
