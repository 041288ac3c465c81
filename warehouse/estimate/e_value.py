"""How strong an unmeasured confounder would have to be."""

from math import sqrt


def e_value(ratio: float, low: float, high: float, rare: bool) -> tuple[float, float]:
    """The E-value of a hazard ratio and of the limit of its interval that is nearer to 1.

    An unmeasured confounder would need a risk ratio of at least this with exposure and outcome both, beyond the
    measured covariates, to explain the association away (VanderWeele and Ding 2017). ``rare``: at most 15 % have
    the outcome by the end of follow-up, so that the hazard ratio stands for a risk ratio; else it is
    converted as their table 2 says. An interval that holds 1 needs no confounder: its E-value is 1.
    """
    limit = 1.0 if low <= 1 <= high else (low if low > 1 else high)
    return _of(_risk_ratio(ratio, rare)), _of(_risk_ratio(limit, rare))


def _risk_ratio(hazard_ratio: float, rare: bool) -> float:
    if rare:
        return hazard_ratio
    root = sqrt(hazard_ratio)
    return float((1 - 0.5**root) / (1 - 0.5 ** (1 / root)))


def _of(risk_ratio: float) -> float:
    away = max(risk_ratio, 1 / risk_ratio)
    return away + sqrt(away * (away - 1))
