"""Access to resources: referrals from need to closure, and BARC-10."""

from typing import Final

from schemas import codes
from warehouse.measures.definitions import FOLLOW_UP, OBSERVED, REFERRAL_DAYS
from warehouse.measures.reach import observed
from warehouse.measures.scales import pivoted
from warehouse.measures.view import PARTICIPANT, Described, MeasureView, counted


def _within(column: str) -> str:
    return f"""CASE WHEN observed_until IS NULL OR made_date + {REFERRAL_DAYS} > observed_until THEN 'not_observable'
            WHEN {column} < made_date THEN 'not_observable'
            WHEN {column} < made_date + {REFERRAL_DAYS} THEN 'yes' ELSE 'no' END"""


_STAGES: Final = ("accepted", "first_attended", "closed")
_SORTED: Final = "accepted_date >= made_date AND first_attended_date >= accepted_date AND closed_date >= made_date"

REFERRAL_CHAIN: Final = MeasureView(
    "referral_chain",
    "Each referral once, from made to closed, whether its stages came in one row or in several",
    f"""
WITH told AS (
    SELECT participant_key, agency,
           coalesce(CAST(record_id AS VARCHAR), concat(extract_id, ':', row_number)) AS referral_id, code AS need_code,
           event_date AS made_date, CAST(detail ->> '$.accepted_date' AS DATE) AS accepted_date,
           CAST(detail ->> '$.first_attended_date' AS DATE) AS first_attended_date,
           CAST(detail ->> '$.closed_date' AS DATE) AS closed_date
    FROM event WHERE kind = 'referral' AND participant_key IS NOT NULL
), chain AS (
    SELECT participant_key, agency, referral_id, min(need_code) AS need_code, min(made_date) AS made_date,
           min(accepted_date) AS accepted_date, min(first_attended_date) AS first_attended_date,
           min(closed_date) AS closed_date
    FROM told GROUP BY participant_key, agency, referral_id
), asked AS ({observed("chain", "made_date", "'referral'")}
), seen AS (
    SELECT chain.*, asked.observed_until
    FROM chain LEFT JOIN asked ON asked.agency = chain.agency AND asked.made_date = chain.made_date
)
SELECT participant_key, agency, referral_id, need_code, made_date, accepted_date, first_attended_date, closed_date,
       CASE WHEN accepted_date >= made_date THEN accepted_date - made_date END AS days_to_accepted,
       CASE WHEN first_attended_date >= accepted_date THEN first_attended_date - accepted_date END
           AS days_from_accepted_to_attended,
       CASE WHEN first_attended_date >= made_date THEN first_attended_date - made_date END AS days_to_attended,
       {", ".join(f"{_within(f'{stage}_date')} AS {stage}" for stage in _STAGES)},
       NOT coalesce({_SORTED}, TRUE) AS out_of_order
FROM seen
""",
    (
        PARTICIPANT,
        Described("agency", "The agency that refers"),
        Described("referral_id", "Its record of the referral, as a random number"),
        Described("need_code", "Need", codes=codes.NEEDS),
        Described("made_date", "When it was made"),
        Described("accepted_date", "When it was accepted; empty where it was not yet"),
        Described("first_attended_date", "When the person first attended; empty where not yet"),
        Described("closed_date", "When it was closed; empty while open"),
        Described("days_to_accepted", "Made to accepted", "days"),
        Described("days_from_accepted_to_attended", "Accepted to first attended", "days"),
        Described("days_to_attended", "Made to first attended", "days"),
        *(Described(stage, f"Whether it was {stage.replace('_', ' ')} within {REFERRAL_DAYS} days", codes=OBSERVED)
          for stage in _STAGES),
        Described("out_of_order", "Whether a date lies before the one that it must follow: no days are counted of it"),
    ),
    "warehouse/measures/needs.py",
)  # fmt: skip

_OBSERVABLE: Final = "count(CASE WHEN accepted <> 'not_observable' THEN 1 END) AS observable"
_COUNTS: Final = ", ".join(
    f"count(CASE WHEN {stage} = 'yes' THEN 1 END) AS {stage if stage != 'first_attended' else 'attended'}"
    for stage in _STAGES
)
_SUMS: Final = f"""count(*) AS referrals, {_OBSERVABLE}, {_COUNTS},
           avg(days_to_accepted) FILTER (accepted = 'yes') AS days_to_accepted,
           avg(days_from_accepted_to_attended) FILTER (first_attended = 'yes') AS days_from_accepted_to_attended,
           count(CASE WHEN out_of_order THEN 1 END) AS out_of_order"""
_COLUMNS: Final = (
    counted("referrals", "Referrals made", "referrals"),
    counted("observable", f"Of these: whose {REFERRAL_DAYS} days are covered", "referrals"),
    counted("accepted", f"Of those observable: accepted within {REFERRAL_DAYS} days", "referrals"),
    counted("attended", f"Of those observable: first attended within {REFERRAL_DAYS} days", "referrals"),
    counted("closed", f"Of those observable: closed within {REFERRAL_DAYS} days", "referrals"),
    Described("days_to_accepted", "Mean days from made to accepted, of those accepted within the window", "days"),
    Described(
        "days_from_accepted_to_attended", "Mean days from accepted to first attended, of those that were", "days"
    ),
    counted("out_of_order", "Referrals with a date before the one that it must follow", "referrals"),
)

RESOURCES_BY_NEED: Final = MeasureView(
    "resources_by_need",
    "Participant × need: referrals made, accepted, attended, closed",
    f"SELECT participant_key, need_code, {_SUMS} FROM referral_chain GROUP BY participant_key, need_code",
    (PARTICIPANT, Described("need_code", "Need", codes=codes.NEEDS), *_COLUMNS),
    "warehouse/measures/needs.py",
)

RESOURCES: Final = MeasureView(
    "resources",
    "Referrals made, accepted, attended and closed, the days between, and the change of BARC-10",
    f"""
WITH summed AS (
    SELECT participant_key, {_SUMS} FROM referral_chain GROUP BY participant_key
), scored AS (
    SELECT participant_key, {pivoted("BARC-10", "barc10", ("first_score", "last_score", "change", "followed_up"))}
    FROM scale_change WHERE scale = 'BARC-10' GROUP BY participant_key
), who AS (
    SELECT participant_key FROM summed UNION SELECT participant_key FROM scored
)
SELECT who.participant_key, {", ".join(f"summed.{column.name}" if column.name.startswith("days")
                                       else f"coalesce(summed.{column.name}, 0) AS {column.name}"
                                       for column in _COLUMNS)},
       scored.barc10_first_score, scored.barc10_last_score, scored.barc10_change, scored.barc10_followed_up
FROM who
LEFT JOIN summed ON summed.participant_key = who.participant_key
LEFT JOIN scored ON scored.participant_key = who.participant_key
""",
    (
        PARTICIPANT,
        *_COLUMNS,
        Described("barc10_first_score", "BARC-10: first score", "points"),
        Described("barc10_last_score", "BARC-10: last score of the same version", "points"),
        Described("barc10_change", "BARC-10: last less first", "points"),
        Described("barc10_followed_up", "BARC-10: what became of the second score", codes=FOLLOW_UP),
    ),
    "warehouse/measures/needs.py; BARC-10: Vilsaint et al. 2017",
)  # fmt: skip
