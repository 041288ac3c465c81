"""What each column of the tables that studies leave says, for the dictionary of a snapshot."""

from collections.abc import Mapping
from typing import Final

from warehouse.outcomes import definitions
from warehouse.store.tables import outcome, outcome_rate
from warehouse.study.tables import WARNINGS

TABLES: Final[Mapping[str, str]] = {
    "study": "Every study that was run: its question, design and definition, and the SQL that counts it",
    "study_flow": "How many there are at each step from the index events to the denominators of a study",
    "study_outcome": "Participant × outcome × window of a study, three-valued",
    "study_rate": "Rates of a study by arm, stratum and linkage threshold: of persons, and of events",
    "study_curve": "Cumulative incidence of a study over time, by arm, with numbers at risk",
    "study_effect": "Hazard ratios of a study: unadjusted, adjusted, weighted, and naive where exposure starts later",
    "study_balance": "How alike the arms of a study are at the index, before and after weighting",
    "study_dose": "How much of a programme the people of a study had",
    "study_warning": "What a reader of a study must know; also why a study was not run",
}

_STORED: Final = {column.name: column.comment or "" for column in (*outcome.columns, *outcome_rate.columns)}
_SHARED: Final = {
    "study": "Name of the study: its file in warehouse/studies",
    "outcome": "Which outcome of the study",
    "arm": "exposed or unexposed, as the design tells the arms apart; all: everybody",
    "threshold": "Probability of a link from which on it counts: below, participants are held apart",
}
OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "study": _SHARED
    | {
        "title": "What it is called",
        "question": "What it asks",
        "definition": "First 16 digits of the SHA-256 of its canonical definition: changes if what is counted changes",
        "as_of": "The last day that any feed covers",
        "model_version": "The linkage model behind the participants",
        "time_unit": "In which time is counted",
        "index_event": "The event from which on everybody is counted: time zero",
        "design": "How exposure enters",
        "exposure": "What exposed means",
        "assignment": "random: a lottery decided; chosen: people or agencies did, so that ratios are associations",
        "estimand": "What the Cox models estimate",
        "sql": "The steps that count it, as DuckDB runs them",
    },
    "study_flow": _SHARED | {"step": "Order of the steps", "what": "What is counted", "n": "How many"},
    "study_outcome": _STORED
    | _SHARED
    | {
        "index_date": "The day from which the clock runs: the index, or the landmark",
        "flags": "What is doubtful, separated by blanks",
        "strata": "Strata known at the index, as JSON",
    },
    "study_rate": _STORED
    | _SHARED
    | {
        "stratum_kind": "Which covariate divides people; overall: none",
        "basis": "person: people with the outcome; event: all their events, per observable person",
        "n": "People counted",
        "rate": "events / observable",
        "late": "Events that became known after window and lag: younger windows cannot have such yet",
        "link_low": "Lower limit of the 95 % interval of rate with what the links leave open, at the main threshold",
        "link_high": "Upper limit of that interval",
    },
    "study_curve": _SHARED
    | {
        "estimator": "How the curve is made",
        "clock": "calendar: all time; street: without the days in custody",
        "time": "Time since the index, in the study's unit",
        "at_risk": "People still followed just before that time",
        "events": "People who had the outcome up to and including it",
        "value": "Cumulative incidence up to and including it",
        "low": "Lower limit of its 95 % interval",
        "high": "Upper limit of its 95 % interval",
    },
    "study_effect": _SHARED
    | {
        "method": "Which model",
        "term": "Which term of it: exposed, a number, or a level of a category (name=level)",
        "coefficient": "Logarithm of the ratio",
        "se": "Standard error of the coefficient; robust, clustered by person, unless a lottery decided",
        "low": "Lower limit of the coefficient's 95 % interval",
        "high": "Upper limit of the coefficient's 95 % interval",
        "ratio": "Hazard ratio",
        "ratio_low": "Lower limit of the ratio's 95 % interval",
        "ratio_high": "Upper limit of the ratio's 95 % interval",
        "p": "Two-sided p value of the coefficient",
        "scale": "What ratio is a ratio of",
        "estimand": "conditional on the covariates, or marginal: hazard ratios of the two kinds differ",
        "persons": "People in the model",
        "events": "Events in the model",
        "log_likelihood": "Logarithm of the partial likelihood, ties by Efron",
        "e_value": "Risk ratio that an unmeasured confounder would need to explain the ratio away",
        "e_value_limit": "The same for the limit of the interval that is nearer to 1",
    },
    "study_balance": _SHARED
    | {
        "covariate": "Which covariate",
        "level": "Which level of a category; empty for a number",
        "exposed": "Mean, or share, of the exposed",
        "unexposed": "Mean, or share, of the others",
        "difference": "Standardised difference before weighting",
        "weighted_difference": "Standardised difference after overlap weighting; empty where nothing is weighted",
        "overlap": "Share that the propensities of the two arms have in common",
    },
    "study_dose": _SHARED
    | {
        "measure": "What is measured",
        "unit": "In which unit",
        "n": "People counted",
        "mean": "Mean",
        "median": "Median",
        "low": "Lower limit of the mean's 95 % interval",
        "high": "Upper limit of the mean's 95 % interval",
    },
    "study_warning": _SHARED | {"code": "What it is about", "text": "The sentence"},
}

CODES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("study", "design"): {
        "single_arm": "nobody is compared",
        "intention_to_treat": "arms known at time zero",
        "time_varying": "exposure starts later: unexposed until then",
        "landmark": "arms known at a later day, from which the clock runs",
    },
    ("study_outcome", "value"): definitions.VALUES,
    ("study_outcome", "competing"): {str(cause): meaning for cause, meaning in definitions.CAUSES.items()},
    ("study_outcome", "flags"): definitions.FLAGS,
    ("study_effect", "method"): {
        "cox_unadjusted": "exposure alone",
        "cox_adjusted": "exposure and the covariates",
        "cox_weighted": "exposure alone, people weighted by overlap of their propensities",
        "naive_ever_never": "ever exposed against never, immortal time counted as exposed: shown to be distrusted",
        "combined": "over partitions drawn from the probabilities of the links, by Rubin's rules",
    },
    ("study_warning", "code"): WARNINGS,
}

UNITS: Final[Mapping[tuple[str, str], str]] = {
    ("study_curve", "events"): "persons",
    ("study_curve", "at_risk"): "persons",
    ("study_effect", "persons"): "persons",
    ("study_dose", "n"): "persons",
    ("study_curve", "time"): "the study's time unit",
    ("study_curve", "value"): "share of 1",
    ("study_rate", "events"): "persons or events",
    ("study_rate", "rate"): "share of 1, or events per person",
    ("study_rate", "low"): "share of 1, or events per person",
    ("study_rate", "high"): "share of 1, or events per person",
    **dict.fromkeys((("study_effect", name) for name in ("coefficient", "se", "low", "high")), "log ratio"),
    **dict.fromkeys((("study_effect", name) for name in ("ratio", "ratio_low", "ratio_high")), "ratio"),
    ("study_effect", "events"): "events",
    ("study_balance", "difference"): "standard deviations",
    ("study_balance", "weighted_difference"): "standard deviations",
    ("study_dose", "low"): "as unit says",
    ("study_dose", "high"): "as unit says",
}  # fmt: skip

SOURCES: Final[Mapping[str, str]] = {
    "study": "warehouse/studies",
    "study_flow": "warehouse/study",
    "study_outcome": "warehouse/study; outcomes after warehouse/outcomes/definitions.py",
    "study_rate": "warehouse/study: Wilson 1927; Aalen and Johansen 1978",
    "study_curve": "warehouse/estimate: Kaplan and Meier 1958; Aalen and Johansen 1978",
    "study_effect": "warehouse/estimate: Cox 1972, Efron 1977, Lin and Wei 1989; VanderWeele and Ding 2017",
    "study_balance": "warehouse/estimate: Austin 2009; Li, Morgan and Zaslavsky 2018",
    "study_dose": "warehouse/measures",
    "study_warning": "warehouse/study",
}
