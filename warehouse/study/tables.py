"""The tables that studies leave: their columns. Numbers are exact; what may leave the house the report decides."""

from typing import Final

import polars as pl

STUDY: Final = pl.Schema(
    {
        "study": pl.String(), "title": pl.String(), "question": pl.String(), "definition": pl.String(),
        "as_of": pl.Date(), "model_version": pl.String(), "time_unit": pl.String(), "index_event": pl.String(),
        "design": pl.String(), "exposure": pl.String(), "assignment": pl.String(), "estimand": pl.String(),
        "sql": pl.String(),
    }
)  # fmt: skip
FLOW: Final = pl.Schema({"study": pl.String(), "step": pl.Int32(), "what": pl.String(), "n": pl.Int64()})
OUTCOME: Final = pl.Schema(
    {
        "study": pl.String(), "participant_key": pl.String(), "index_date": pl.Date(), "arm": pl.String(),
        "outcome": pl.String(), "window_months": pl.Int32(), "value": pl.String(), "days": pl.Int32(),
        "event_date": pl.Date(), "leading_date": pl.Date(), "competing": pl.String(), "flags": pl.String(),
        "strata": pl.String(),
    }
)  # fmt: skip
RATE: Final = pl.Schema(
    {
        "study": pl.String(), "threshold": pl.Float64(), "arm": pl.String(), "stratum_kind": pl.String(),
        "stratum": pl.String(), "outcome": pl.String(), "window_months": pl.Int32(), "basis": pl.String(),
        "n": pl.Int64(), "observable": pl.Int64(), "events": pl.Int64(), "competing": pl.Int64(),
        "rate": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(), "cumulative_incidence": pl.Float64(),
        "ci_low": pl.Float64(), "ci_high": pl.Float64(), "late": pl.Int64(), "link_low": pl.Float64(),
        "link_high": pl.Float64(),
    }
)  # fmt: skip
CURVE: Final = pl.Schema(
    {
        "study": pl.String(), "arm": pl.String(), "outcome": pl.String(), "estimator": pl.String(),
        "clock": pl.String(), "time": pl.Float64(), "at_risk": pl.Int64(), "events": pl.Int64(),
        "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
    }
)  # fmt: skip
EFFECT: Final = pl.Schema(
    {
        "study": pl.String(), "outcome": pl.String(), "threshold": pl.Float64(), "method": pl.String(),
        "term": pl.String(), "coefficient": pl.Float64(), "se": pl.Float64(), "low": pl.Float64(),
        "high": pl.Float64(), "ratio": pl.Float64(), "ratio_low": pl.Float64(), "ratio_high": pl.Float64(),
        "p": pl.Float64(), "scale": pl.String(), "estimand": pl.String(), "persons": pl.Int64(),
        "events": pl.Int64(), "log_likelihood": pl.Float64(), "e_value": pl.Float64(), "e_value_limit": pl.Float64(),
    }
)  # fmt: skip
BALANCE: Final = pl.Schema(
    {
        "study": pl.String(), "covariate": pl.String(), "level": pl.String(), "exposed": pl.Float64(),
        "unexposed": pl.Float64(), "difference": pl.Float64(), "weighted_difference": pl.Float64(),
        "overlap": pl.Float64(),
    }
)  # fmt: skip
DOSE: Final = pl.Schema(
    {
        "study": pl.String(), "measure": pl.String(), "unit": pl.String(), "arm": pl.String(), "n": pl.Int64(),
        "mean": pl.Float64(), "median": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
    }
)  # fmt: skip
WARNING: Final = pl.Schema(
    {"study": pl.String(), "outcome": pl.String(), "code": pl.String(), "text": pl.String()}
)  # fmt: skip
TABLES: Final = {
    "study": STUDY, "study_flow": FLOW, "study_outcome": OUTCOME, "study_rate": RATE, "study_curve": CURVE,
    "study_effect": EFFECT, "study_balance": BALANCE, "study_dose": DOSE, "study_warning": WARNING,
}  # fmt: skip
"""Name → schema of each table that studies leave."""

WARNINGS: Final = {
    "no_source": "no feed in the snapshot tells what the study needs: it was not run",
    "no_source_of_outcome": "no feed in the snapshot tells the outcome: nobody is observable for it",
    "no_street_time": "no feed tells of custody: time outside custody cannot be counted",
    "unequal_follow_up": "the arms could be followed for unequal lengths of time",
    "follow_up_goes_with_outcome": "those with the outcome could be followed longer or shorter than the others",
    "windows_in_progress": "most windows are not observable: they have not run out, or are not covered",
    "little_overlap": "the arms hardly overlap in their covariates: weights rest on few people",
    "imbalance": "the arms differ in a covariate after weighting too",
    "few_events": "fewer than ten events for each term of the model",
    "not_estimable": "a model cannot be fitted to these data",
    "term_left_out": "a term of a model has no coefficient in these data",
    "incomplete_covariate": "persons without the number are left out of the adjusted model",
}
"""Code of a warning → what it means."""
