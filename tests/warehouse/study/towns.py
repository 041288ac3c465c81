"""A made-up town with everything that the shipped studies read."""

import duckdb

from tests.warehouse.outcomes.test_scale import town as supervised

ENROLMENTS = """
INSERT INTO span BY NAME
SELECT participant_key, 'linked' AS status, 'enrolment' AS kind,
       start_date + (hash(participant_key, 7) % 300)::INTEGER - 30 AS start_date,
       CASE WHEN hash(participant_key, 9) % 2 = 0 THEN start_date + 90 END AS end_date,
       CASE WHEN hash(participant_key, 10) % 4 = 0 THEN 'treatment' ELSE 'peer_support' END AS code, record_id,
       'peer' AS agency, 'members' AS feed, '{}' AS detail
FROM span WHERE kind = 'supervision' AND hash(participant_key, 8) % 3 = 0
"""
STAYS = """
INSERT INTO span BY NAME
SELECT participant_key, 'linked' AS status, 'custody' AS kind, start_date + 20 * i::INTEGER AS start_date,
       CASE WHEN hash(participant_key, 11) % 5 > 0 THEN start_date + 20 * i::INTEGER + 25 END AS end_date,
       'jail' AS agency, 'bookings' AS feed
FROM span, range(1, 3) AS t(i) WHERE kind = 'supervision' AND hash(participant_key, 12) % 4 = 0
"""
DISPOSITIONS = """
INSERT INTO event BY NAME
SELECT participant_key, 'disposition' AS kind, event_date + 60 AS event_date,
       ['GP', 'ND', 'GC', 'DU', 'PT'][(hash(record_id, 1) % 5)::INTEGER + 1] AS code, record_id, agency,
       'judgments' AS feed, 4 AS extract_id, row_number, '{}' AS detail
FROM event WHERE kind = 'charge'
"""
SESSIONS = """
INSERT INTO event BY NAME
SELECT participant_key, 'attendance' AS kind, start_date + 7 * i::INTEGER AS event_date, 'attended' AS code,
       90.0 AS number, record_id, 'peer' AS agency, 'sessions' AS feed, 5 AS extract_id,
       record_id * 10 + i AS row_number, '{}' AS detail
FROM span, range(6) AS t(i) WHERE kind = 'enrolment' AND code = 'peer_support'
"""
RESEARCH = """
INSERT INTO span BY NAME
SELECT 'r' || i AS participant_key, 'linked' AS status, 'study' AS kind, DATE '2019-01-31' AS start_date,
       DATE '2020-02-01' AS end_date, i AS record_id, agency, 'releases' AS feed,
       json_object('age', (18 + i % 40)::VARCHAR, 'race', CASE WHEN i % 3 = 0 THEN 'other' ELSE 'black' END,
                   'work_experience', CASE WHEN i % 2 = 0 THEN 'no' ELSE 'yes' END, 'married', 'no', 'parole', 'yes',
                   'prior_convictions', (i % 9)::VARCHAR,
                   'work_programme', CASE WHEN i % 4 < 2 THEN 'yes' ELSE 'no' END,
                   'served_months', (i % 60)::VARCHAR, 'felony', 'no', 'drug_history', 'yes',
                   'schooling_years', (6 + i % 8)::VARCHAR, 'age_months', (220 + i % 500)::VARCHAR)::VARCHAR AS detail
FROM range(400) AS t(i), (VALUES ('rossi_prison'), ('recid_nc_prison')) AS told(agency)
"""
RESEARCH_AID = """
INSERT INTO span BY NAME
SELECT participant_key, 'linked' AS status, 'enrolment' AS kind, start_date, start_date + 91 AS end_date,
       'other' AS code, 'rossi_aid' AS agency, 'aid' AS feed, '{}' AS detail
FROM span WHERE kind = 'study' AND agency = 'rossi_prison' AND record_id % 2 = 0
"""
RESEARCH_ARREST = """
INSERT INTO event BY NAME
SELECT participant_key, 'arrest' AS kind, start_date + (7 * (hash(record_id, 13) % 80))::INTEGER AS event_date,
       'rossi_court' AS agency, 'arrests' AS feed, 6 AS extract_id, record_id AS row_number, '{}' AS detail
FROM span WHERE kind = 'study' AND agency = 'rossi_prison'
"""
RESEARCH_RETURN = """
INSERT INTO span BY NAME
SELECT participant_key, 'linked' AS status, 'custody' AS kind,
       (start_date + to_months((hash(record_id, 14) % 20)::INTEGER))::DATE AS start_date,
       'recid_nc_admission' AS agency, 'returns' AS feed, '{}' AS detail
FROM span WHERE kind = 'study' AND agency = 'recid_nc_prison'
"""
COVERED = """
INSERT INTO coverage
SELECT agency, feed, kind, DATE '2018-01-01', DATE '2024-01-01', lag FROM (VALUES
    ('peer', 'members', 'enrolment', 14), ('peer', 'sessions', 'attendance', 14), ('jail', 'bookings', 'custody', 0),
    ('rossi_prison', 'releases', 'study', 0), ('recid_nc_prison', 'releases', 'study', 0),
    ('rossi_aid', 'aid', 'enrolment', 0), ('rossi_court', 'arrests', 'arrest', 0),
    ('recid_nc_admission', 'returns', 'custody', 0)) AS told(agency, feed, kind, lag)
"""


def town(people: int) -> duckdb.DuckDBPyConnection:
    """The tables of a snapshot: supervised people, their programmes and stays, two research cohorts."""
    connection = supervised(people)
    for statement in (ENROLMENTS, STAYS, DISPOSITIONS, SESSIONS, RESEARCH, RESEARCH_AID, RESEARCH_ARREST,
                      RESEARCH_RETURN, COVERED):  # fmt: skip
        connection.execute(statement)
    connection.execute("INSERT INTO participant SELECT 'r' || i, NULL, NULL FROM range(400) AS t(i)")
    return connection
