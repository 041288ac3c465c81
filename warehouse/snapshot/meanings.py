"""What each column says that is neither described by the store's tables nor by a typed view."""

from collections.abc import Mapping
from typing import Final

from schemas import codes
from warehouse.outcomes import definitions
from warehouse.snapshot import restatement
from warehouse.study import meanings as study
from warehouse.timeline import ddl as timeline

TABLES: Final[Mapping[str, str]] = {
    "event": "What happened on a day, as the newest deliveries tell it",
    "span": "What lasted from a day (inclusive) to a day (exclusive), as the newest deliveries tell it",
    "event_history": "Every version of every event, and from when until when it was known",
    "span_history": "Every version of every span, and from when until when it was known",
    "participant": "Every participant: first and last date, agencies, what is kept of them",
    "extract": "Every file delivered: what became of it, its counts, what it covers",
    "coverage": "For which days each feed is complete for each kind of fact; what no row holds is not known",
    "outcome": "Participant × outcome × window, three-valued; person-based: one index a person",
    "outcome_rate": "Rates and cumulative incidences by stratum known at the index; person-based",
    "outcome_curve": "Everybody's cumulative incidence over the longest window, by days since the index",
    "outcome_flow": "How many there are at each step from the supervision spans to the denominators",
    "outcome_sensitivity": "Everybody's outcomes, counted anew for the participants of each linkage threshold",
    "participant_link": "Which participant each subject is, at each linkage threshold; event and span have that of .5",
    "participant_supersession": "Which participant was replaced by which, when and why: every merge, split, retirement",
    "participant_successor": "Under which keys those are found today who once stood under another",
    "link_quality": "How good the linkage is, batch by batch and overall; see docs/linkage-quality.md",
    "dictionary": "Every table, column, unit, code and source",
    "snapshot": "Which publication this is",
    "ledger.extract": "The ledger as it was published: one row for each file and feed",
    "timeline.event": "Events as they were loaded, one row per extract that told them",
    "timeline.span": "Spans as they were loaded, one row per extract that told them",
    "timeline.record_version": "Which delivery states which record, for the feeds that send deltas",
    "timeline.link": "Which participant an agency's subject is",
    "timeline.link_strict": "The participants of subjects that are others at a stricter threshold",
    "timeline.extract_life": "From when until when a delivery was the newest of its feed",
    "timeline.record_life": "Records that a later delta states anew, and until when the former statement held",
    "timeline.span_end": "Ends of spans that another feed than the span's tells",
    "timeline.link_history": "Which participant a subject was to earlier publications, where it is another now",
    "ledger.feed_term": "What the contracts said, publication by publication, of what a delivery is complete for",
    "publication": "The publications of this project up to this one: what can be told again as of a day",
    "restatement": "Every published number that is another than at the publication before, and what took place since",
    **timeline.TABLES,
    **study.TABLES,
}

SHARED: Final[Mapping[str, str]] = {
    "participant_key": "The participant, in this project; empty where none is known",
    "status": "How the row's subject is assigned",
    "agency": "The agency that told it",
    "feed": "The feed that told it; see schemas/feeds",
    "known_from": "The as-of day of the delivery from which we know it",
    "known_until": "The as-of day of the delivery that replaced it; empty while current",
}

ENDS: Final[Mapping[str, str]] = {
    "end_code": "Code of the end, where another feed tells the end",
    "end_code_raw": "The agency's own text of that code",
    "end_text": "Second code or text of the end, where another feed tells the end",
    "end_text_raw": "The agency's own text of it",
    "end_detail": "Further columns of the end, where another feed tells it",
}

_SINCE: Final = "The first publication that held it: event_as_of and the like go by it"
OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "span": ENDS,
    **timeline.COLUMNS,
    "restatement": restatement.COLUMNS,
    **study.OWN,
    "timeline.link": {"publication": _SINCE},
    "timeline.link_strict": {"publication": _SINCE},
    "timeline.link_history": {
        "threshold": "Probability at which links count",
        "publication": _SINCE,
        "replaced": "The first publication that held something else",
    },
    "ledger.extract": {"publication": _SINCE},
    "participant": {
        "probability": "Probability of the weakest link that holds the participant together",
        "first_date": "The first day on which something is known",
        "last_date": "The last such day",
        "agencies": "The agencies that know the participant",
        "moments": "Number of current events and spans",
        "birth_year": "Year of birth; the most frequent where records differ",
        "sex": "Sex as recorded; the most frequent where records differ",
    },
    "extract": {
        "file": "The first characters of the file's SHA-256: its name is not kept here",
        "records_new": "Records that the delivery stated and the feed did not have before, at load",
        "records_changed": "Records that it stated otherwise than before",
        "records_gone": "Records that it ended: absent from a full delivery, or called deleted",
        "records_same": "Records that it stated as before",
    },
    "timeline.extract_life": {
        "restated": "Whether a delta follows before the next full delivery: records then have lives of their own",
        "place": "Place among the feed's deliveries, from 1; 0 where another delivery supersedes it as a whole",
    },
    "timeline.record_version": {"source_key": "Keyed hash of the agency's own record key"},
    "coverage": {
        "kind": "Kind of fact; <kind>_end is the end of a span",
        "covered_from": "Complete from this day",
        "covered_until": "Complete up to this day, exclusive",
        "lag_days": "Longest time that a fact takes to reach the source: the last such days are not yet complete",
        "extract_id": "The delivery that says so",
    },
    "outcome": {"flags": "What is doubtful, separated by blanks"},
    "outcome_rate": {"late": "Events that became known after window and lag: younger windows cannot have such yet"},
    "outcome_curve": {
        "outcome": "Which outcome",
        "day": "Days since the index",
        "at_risk": "Persons still followed on that day",
        "events": "Persons who had the outcome up to and including that day",
        "incidence": "Cumulative incidence up to and including that day",
        "low": "Lower limit of its 95 % interval",
        "high": "Upper limit of its 95 % interval",
    },
    "outcome_sensitivity": {
        "threshold": "Probability of a link from which on it counts: below, participants are held apart",
    },
    "participant_link": {
        "subject_id": "The agency's own person, as a random number",
        "threshold": "Probability of a link from which on it counts: below, participants are held apart",
        "probability": "Probability of the weakest link that holds the subject at .5",
    },
    "participant_supersession": {
        "from_key": "The participant whose subjects moved",
        "to_key": "The participant to which they moved; empty where none is left of them",
        "kind": "What happened",
        "reason": "What the batch was made for",
        "subjects": "Number of subjects that moved",
        "batch_id": "The link batch; later ones have higher numbers",
        "model_version": "The linkage model that the batch used",
        "moved_at": "When the batch was applied",
    },
    "participant_successor": {
        "from_key": "A key that was replaced, or of which a part was",
        "participant_key": "A key under which its subjects may be found today",
        "batch_id": "The last batch that moved them",
        "whole": "Whether all of them went this way; where not, the rows of the subjects decide",
    },
    "outcome_flow": {"step": "Order of the steps", "what": "What is counted", "n": "How many"},
    "snapshot": {
        "project": "The project whose keys the participants have",
        "version": "Which publication",
        "published_at": "When it was made, UTC",
        "partitions": "Number of files it consists of",
    },
    "timeline.span_end": {"kind": "Kind of the span that ends", "end_date": "The day on which it ends"},
}

QUALITY_METRICS: Final[Mapping[str, str]] = {
    "persons": "participants by number of sets of identifiers; value: share",
    "unlinked": "participants of whom no identifier has arrived; value: share of all participants",
    "density": "participants of 3 and more sets by the share of their pairs that are likely",
    "outliers": "participants that are suspect: sparse (density below .8), large (over 60 sets)",
    "pairs": "compared pairs by how they stand and the band of their probability",
    "review_yield": "pairs that reviewers judged; value: the share that is one person",
    "missing": "sets of identifiers of an agency; value: the share that lacks the identifier",
    "false_discovery_model": "sets of identifiers; value: share of links expected to join two people, model-based",
    "false_negative_model": "sets of identifiers; value: share of links expected to be missing, model-based",
    "false_discovery_reviewed": "judged pairs; value: share of joined pairs that are two people, from a drawn sample",
    "false_negative_reviewed": "judged pairs; value: share of pairs of one person that are apart, from a drawn sample",
    "split_model": "participants of 2 and more sets; value: share of people expected to be torn apart, model-based",
    "exact_split": "participants of 2 and more sets; value: share that exact name and birth date would tear apart",
}

CODES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("event", "kind"): codes.EVENT_KINDS,
    ("event_history", "kind"): codes.EVENT_KINDS,
    ("span", "kind"): codes.SPAN_KINDS,
    ("span_history", "kind"): codes.SPAN_KINDS,
    **timeline.CODES,
    ("restatement", "reasons"): restatement.REASONS,
    **study.CODES,
    ("outcome", "value"): definitions.VALUES,
    ("outcome", "competing"): {str(cause): meaning for cause, meaning in definitions.CAUSES.items()},
    ("outcome", "flags"): definitions.FLAGS,
    ("outcome", "outcome"): {outcome.name: outcome.meaning for outcome in definitions.OUTCOMES},
    ("outcome_rate", "outcome"): {outcome.name: outcome.meaning for outcome in definitions.OUTCOMES},
    ("outcome_curve", "outcome"): {outcome.name: outcome.meaning for outcome in definitions.OUTCOMES},
    ("outcome_rate", "stratum_kind"): definitions.STRATA,
    ("outcome_sensitivity", "outcome"): {outcome.name: outcome.meaning for outcome in definitions.OUTCOMES},
    ("participant_supersession", "kind"): {
        "merge": "the participant is no more: its subjects are another's now",
        "split": "it lives on without these subjects",
        "retire": "no subject is left of it",
    },
    ("link_quality", "metric"): QUALITY_METRICS,
    **{
        (table, "status"): codes.SUBJECT_STATUSES
        for table in (
            "event",
            "span",
            "event_history",
            "span_history",
            "participant",
            "timeline.link",
            "participant_link",
        )
    },
}
"""(Table, column) → its codes."""

UNITS: Final[Mapping[str, str]] = {
    "days": "days", "day": "days", "at_risk": "persons", "incidence": "share of 1",
    "lag_days": "days", "window_months": "months", "size_bytes": "bytes", "rate": "share of 1",
    "low": "share of 1", "high": "share of 1", "cumulative_incidence": "share of 1", "ci_low": "share of 1",
    "ci_high": "share of 1", "probability": "share of 1", "n": "persons", "observable": "persons", "events": "persons",
    "competing": "persons", "late": "persons", "birth_year": "year", "received": "records", "loaded": "records",
    "rejected": "records", "duplicate": "records", "quarantined": "records", "subjects": "subjects",
    "threshold": "share of 1", "spans": "spans",
}  # fmt: skip
"""Column → unit, where the type is a number."""
UNITS_OF: Final = study.UNITS
"""(Table, column) → unit, where a column of that name has another one elsewhere."""

SOURCES: Final[Mapping[str, str]] = {
    **study.SOURCES,
    **timeline.SOURCES,
    "restatement": "warehouse/snapshot/restatement.py",
    "timeline.link_history": "the linker",
    "ledger.feed_term": "the contracts in schemas/feeds",
    "publication": "the ledger",
    "outcome": "warehouse/outcomes/definitions.py; terms after CJARS, APPA/BJS and Justice Counts",
    "outcome_rate": "warehouse/outcomes: Wilson 1927; Aalen and Johansen 1978",
    "outcome_curve": "warehouse/outcomes: Aalen and Johansen 1978",
    "outcome_flow": "warehouse/outcomes",
    "coverage": "accepted deliveries, and the coverage that their contracts state",
    "extract": "the ledger",
    "ledger.extract": "the ledger",
    "participant": "the link table, and the current events and spans",
    "dictionary": "contracts, column comments, and this project's descriptions",
    "snapshot": "the publication",
    "timeline.link": "the linker",
    "timeline.link_strict": "the linker",
    "participant_link": "the linker",
    "participant_supersession": "the linker",
    "participant_successor": "the linker",
    "link_quality": "the linker (identity/quality.py, identity/reviewed.py); Wilson 1927",
    "outcome_sensitivity": "warehouse/outcomes: Wilson 1927; Aalen and Johansen 1978",
    "timeline.extract_life": "the ledger",
    "timeline.record_life": "the ledger",
    "timeline.record_version": "the feeds that send deltas",
}
