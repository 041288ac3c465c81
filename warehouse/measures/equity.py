"""Advocacy and equity: who gets in, how much they get, who completes, by group."""

from typing import Final

from warehouse.measures.definitions import ACCESS_DAYS, COMPLETION, COMPLETION_DAYS, OBSERVED
from warehouse.measures.view import PARTICIPANT, Described, MeasureView, counted, share
from warehouse.outcomes.definitions import VALUES

GROUPS: Final = ("sex", "birth_years", "race")
"""As `warehouse.snapshot.linkage` divides people, so that the error of linkage stands beside each group."""

PARTICIPANT_GROUP: Final = MeasureView(
    "participant_group",
    "The groups of each participant: sex, decade of birth, race as an agency recorded it; the most frequent where "
    "records differ",
    """
WITH told AS (
    SELECT participant_key, detail ->> '$.race' AS race FROM span WHERE participant_key IS NOT NULL
), race AS (
    SELECT participant_key, race, count(*) AS times FROM told WHERE race IS NOT NULL GROUP BY participant_key, race
), most AS (
    SELECT participant_key, race FROM race
    QUALIFY row_number() OVER (PARTITION BY participant_key ORDER BY times DESC, race) = 1
)
SELECT participant.participant_key, coalesce(participant.sex, 'unknown') AS sex,
       coalesce(CAST(participant.birth_year // 10 * 10 AS VARCHAR), 'unknown') AS birth_years,
       coalesce(most.race, 'unknown') AS race
FROM participant LEFT JOIN most ON most.participant_key = participant.participant_key
""",
    (
        PARTICIPANT,
        Described("sex", "Sex as recorded, or unknown"),
        Described("birth_years", "First year of the decade of birth, or unknown"),
        Described("race", "Race as recorded with a span, for audit by group; or unknown"),
    ),
    "warehouse/measures/equity.py",
)

EQUITY: Final = MeasureView(
    "equity",
    "Access, dose, completion and re-charge of each participant, with the groups to compare",
    f"""
WITH enrolled AS (SELECT * FROM enrolment_dose
), supervised AS (
    SELECT span.participant_key, min(span.start_date) AS index_date FROM span
    JOIN kind_coverage AS reach ON reach.agency = span.agency AND reach.kind = 'supervision'
     AND span.start_date >= reach.covered_from AND span.start_date < reach.observed_until
    WHERE span.kind = 'supervision' AND span.participant_key IS NOT NULL GROUP BY span.participant_key
), provider AS (
    SELECT DISTINCT agency FROM coverage WHERE kind = 'attendance'
), asked AS (
    SELECT days.index_date, count(*) AS providers, count(reach.agency) AS covering
    FROM (SELECT DISTINCT index_date FROM supervised) AS days
    CROSS JOIN provider
    LEFT JOIN kind_coverage AS reach ON reach.agency = provider.agency AND reach.kind = 'enrolment'
     AND days.index_date >= reach.covered_from AND days.index_date + {ACCESS_DAYS} <= reach.observed_until
    GROUP BY days.index_date
), joined AS (
    SELECT supervised.participant_key, min(enrolled.start_date) AS joined_date
    FROM supervised
    JOIN enrolled ON enrolled.participant_key = supervised.participant_key
     AND enrolled.start_date >= supervised.index_date
    JOIN provider ON provider.agency = enrolled.agency
    GROUP BY supervised.participant_key
), died AS (
    SELECT participant_key, min(event_date) AS died_date FROM event
    WHERE kind = 'death' AND participant_key IS NOT NULL GROUP BY participant_key
), first AS (
    SELECT enrolled.*, died.died_date FROM enrolled
    LEFT JOIN died ON died.participant_key = enrolled.participant_key
    WHERE enrolled.observed_until IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY enrolled.participant_key ORDER BY enrolled.start_date, enrolled.agency, enrolled.enrolment_id) = 1
), completed AS (
    SELECT participant_key, CASE
               WHEN start_date + {COMPLETION_DAYS} > observed_until THEN 'not_observable'
               WHEN completed AND end_date <= start_date + {COMPLETION_DAYS} THEN 'completed'
               WHEN died_date <= start_date + {COMPLETION_DAYS} THEN 'died'
               WHEN end_date <= start_date + {COMPLETION_DAYS} THEN 'ended' ELSE 'enrolled' END AS completion
    FROM first
)
SELECT each.participant_key, each.sex, each.birth_years, each.race, supervised.index_date,
       CASE WHEN supervised.index_date IS NULL THEN NULL
            WHEN asked.covering IS NULL OR asked.covering < asked.providers THEN 'not_observable'
            WHEN joined.joined_date < supervised.index_date + {ACCESS_DAYS} THEN 'yes' ELSE 'no' END AS access,
       dose.hours_attended, dose.attended_share, dose.sessions_offered - dose.sessions_unknown AS sessions_known,
       dose.sessions_attended, completed.completion, recidivism.recharge_12
FROM participant_group AS each
LEFT JOIN supervised ON supervised.participant_key = each.participant_key
LEFT JOIN asked ON asked.index_date = supervised.index_date
LEFT JOIN joined ON joined.participant_key = each.participant_key
LEFT JOIN dose ON dose.participant_key = each.participant_key
LEFT JOIN completed ON completed.participant_key = each.participant_key
LEFT JOIN recidivism ON recidivism.participant_key = each.participant_key
""",
    (
        PARTICIPANT,
        Described("sex", "Sex as recorded, or unknown"),
        Described("birth_years", "First year of the decade of birth, or unknown"),
        Described("race", "Race as recorded with a span, for audit by group; or unknown"),
        Described("index_date", "The first start of supervision that is covered; empty for those never supervised"),
        Described("access", f"Whether the person enrolled with a provider that records sessions within {ACCESS_DAYS} "
                  "days of it; empty for those never supervised", codes=OBSERVED),
        Described("hours_attended", "Hours attended; empty for those never scheduled nor enrolled", "hours"),
        share("attended_share", "Sessions attended ÷ offered, as dose counts them"),
        counted("sessions_known", "Sessions offered of which it is known whether the person came", "sessions"),
        counted("sessions_attended", "Sessions attended", "sessions"),
        Described("completion", "What became of the first covered enrolment within a year", codes=COMPLETION),
        Described("recharge_12", "Re-charge within twelve months of the index, as outcome has it", codes=VALUES),
    ),
    "warehouse/measures/equity.py",
)  # fmt: skip
