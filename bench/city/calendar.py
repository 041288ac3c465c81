"""Days of the city: whole numbers counted from the first day that its agencies cover."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

FIRST_DAY = dt.date(2021, 1, 1)
LAST_DAY = dt.date(2025, 6, 30)
DAYS = (LAST_DAY - FIRST_DAY).days
"""The last day as a number; every file of the city is as of that day."""

_UNIX = (FIRST_DAY - dt.date(1970, 1, 1)).days


def as_dates(days: "np.ndarray[Any, np.dtype[Any]] | pl.Series") -> pl.Series:
    """Day numbers (whole) → dates; nulls and NaN stay null."""
    series = pl.Series(days)
    if series.dtype.is_float():
        series = series.fill_nan(None)
    return (series.cast(pl.Int32) + _UNIX).cast(pl.Date)
