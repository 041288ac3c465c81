"""Case outcomes: how charges were disposed of and when, appearances, sentences; and where recidivism stands."""

from typing import Final

from schemas import codes
from warehouse.measures.definitions import DISPOSED, DISPOSITION_DAYS, listed
from warehouse.measures.reach import observed
from warehouse.measures.view import PARTICIPANT, Described, MeasureView, counted
from warehouse.outcomes.definitions import OUTCOMES, VALUES, WINDOWS

_CATEGORY: Final = """CASE WHEN disposition_date IS NULL THEN 'open' WHEN disposition_code = 'DU' THEN 'diverted'
                WHEN disposition_code LIKE 'G%' THEN 'convicted' WHEN disposition_code LIKE 'N%' THEN 'not_convicted'
                WHEN disposition_code LIKE 'P%' THEN 'procedural' ELSE 'unknown' END"""
_CONFINED: Final = listed(("prison", "jail"))

_DISPOSED: Final = ", ".join(f"count(CASE WHEN category = '{name}' THEN 1 END) AS charges_{name}" for name in DISPOSED)
_SENTENCED: Final = ", ".join(
    f"count(CASE WHEN code = '{kind}' THEN 1 END) AS sentences_{kind}" for kind in codes.SENTENCES
)
_COUNTS: Final = (
    "charges", *(f"charges_{name}" for name in DISPOSED), "charges_mature", "charges_disposed_in_a_year",
    "appearances_kept", "failures_to_appear", "sentences", *(f"sentences_{kind}" for kind in codes.SENTENCES),
    "custody_sentences_of_known_length", "custody_days_imposed",
)  # fmt: skip

CASE_OUTCOMES: Final = MeasureView(
    "case_outcomes",
    "Charges by how they were disposed of, days to disposition, failures to appear, sentences by kind and length",
    f"""
WITH charged AS (
    SELECT participant_key, agency, filing_date, {_CATEGORY} AS category,
           CASE WHEN disposition_date >= filing_date THEN disposition_date - filing_date END AS days
    FROM court_charge WHERE participant_key IS NOT NULL
), seen AS ({observed("charged", "filing_date", "'charge', 'disposition'")}
), disposed AS (
    SELECT charged.participant_key, charged.category, charged.days,
           seen.observed_until IS NOT NULL AND charged.filing_date + {DISPOSITION_DAYS} <= seen.observed_until AS mature
    FROM charged LEFT JOIN seen ON seen.agency = charged.agency AND seen.filing_date = charged.filing_date
), summed AS (
    SELECT participant_key, count(*) AS charges, {_DISPOSED},
           count(CASE WHEN mature THEN 1 END) AS charges_mature,
           count(CASE WHEN mature AND days < {DISPOSITION_DAYS} THEN 1 END) AS charges_disposed_in_a_year,
           avg(CASE WHEN mature AND days < {DISPOSITION_DAYS} THEN days END) AS days_to_disposition
    FROM disposed GROUP BY participant_key
), heard AS (
    SELECT participant_key, count(CASE WHEN code = 'yes' THEN 1 END) AS appearances_kept,
           count(CASE WHEN code = 'no' THEN 1 END) AS failures_to_appear
    FROM event WHERE kind = 'hearing' AND participant_key IS NOT NULL GROUP BY participant_key
), passed AS (
    SELECT participant_key, code, CASE WHEN code IN ({_CONFINED}) AND number IS NOT NULL THEN greatest(
               number - coalesce(CAST(detail ->> '$.suspended_days' AS DOUBLE), 0), 0) END AS days
    FROM event WHERE kind = 'sentence' AND participant_key IS NOT NULL
), sentenced AS (
    SELECT participant_key, count(*) AS sentences, {_SENTENCED},
           count(days) AS custody_sentences_of_known_length, coalesce(sum(days), 0) AS custody_days_imposed
    FROM passed GROUP BY participant_key
), who AS (
    SELECT participant_key FROM summed UNION SELECT participant_key FROM heard
    UNION SELECT participant_key FROM sentenced
)
SELECT who.participant_key, {", ".join(f"coalesce({name}, 0) AS {name}" for name in _COUNTS)},
       summed.days_to_disposition
FROM who
LEFT JOIN summed ON summed.participant_key = who.participant_key
LEFT JOIN heard ON heard.participant_key = who.participant_key
LEFT JOIN sentenced ON sentenced.participant_key = who.participant_key
""",
    (
        PARTICIPANT,
        counted("charges", "Charges filed", "charges"),
        *(counted(f"charges_{name}", f"Of these {name.replace('_', ' ')} ({meaning})", "charges")
          for name, meaning in DISPOSED.items()),
        counted("charges_mature", "Charges whose first year is covered, by filings and dispositions", "charges"),
        counted("charges_disposed_in_a_year", "Of these: disposed of within the year", "charges"),
        counted("appearances_kept", "Hearings at which the person appeared", "hearings"),
        counted("failures_to_appear", "Hearings missed without excuse; excused and unknown ones are in neither",
                "hearings"),
        counted("sentences", "Parts of sentences passed", "parts"),
        *(counted(f"sentences_{kind}", f"Of these {meaning}", "parts") for kind, meaning in codes.SENTENCES.items()),
        counted("custody_sentences_of_known_length", "Parts of prison or jail whose length is told", "parts"),
        counted("custody_days_imposed", "Their days, those suspended taken off", "days"),
        Described("days_to_disposition", "Mean days from filing to disposition, of those disposed of in the first year",
                  "days"),
    ),
    "warehouse/measures/court.py; codes after CJARS",
)  # fmt: skip

_CELLS: Final = tuple((outcome, months) for outcome in OUTCOMES for months in WINDOWS)

RECIDIVISM: Final = MeasureView(
    "recidivism",
    "The outcomes of each participant with an index, side by side; outcome holds dates and flags, one row each",
    f"""
SELECT participant_key, min(index_date) AS index_date,
       {", ".join(
           f"max(CASE WHEN outcome = '{outcome.name}' AND window_months = {months} THEN value END)"
           f" AS {outcome.name}_{months}"
           for outcome, months in _CELLS
       )}
FROM outcome GROUP BY participant_key
""",
    (
        PARTICIPANT,
        Described("index_date", "Day of the index"),
        *(Described(f"{outcome.name}_{months}", f"Within {months} months. {outcome.meaning}", codes=VALUES)
          for outcome, months in _CELLS),
    ),
    "warehouse/outcomes/definitions.py; docs/outcomes.md",
)  # fmt: skip
