"""The Rossi study through feeds: the published survival, log-rank test and Cox model, read from the warehouse."""

import polars as pl
import pytest

from bench import rossi
from tests.whole.conftest import Open
from tests.whole.installation import Installation
from warehouse.estimate.cox import cox
from warehouse.estimate.curves import kaplan_meier
from warehouse.estimate.log_rank import log_rank

FOLLOW_UP = """
SELECT s.participant_key,
       datediff('day', s.start_date, coalesce(min(e.event_date), s.end_date - 1)) // 7 AS weeks,
       count(e.event_date) > 0 AS arrested,
       count(a.start_date) > 0 AS aided,
       CAST(s.detail ->> 'age' AS INT) AS age,
       CAST(s.detail ->> 'race' = 'black' AS INT) AS race,
       CAST(s.detail ->> 'work_experience' = 'yes' AS INT) AS wexp,
       CAST(s.detail ->> 'married' = 'yes' AS INT) AS mar,
       CAST(s.detail ->> 'parole' = 'yes' AS INT) AS paro,
       CAST(s.detail ->> 'prior_convictions' AS INT) AS prio
FROM span AS s
LEFT JOIN event AS e ON e.participant_key = s.participant_key AND e.kind = 'arrest'
LEFT JOIN span AS a ON a.participant_key = s.participant_key AND a.kind = 'enrolment'
WHERE s.kind = 'study'
GROUP BY s.participant_key, s.start_date, s.end_date, s.detail
"""
PUBLISHED = {
    "aided": (-0.379, 0.191), "age": (-0.057, 0.022), "race": (0.314, 0.308), "wexp": (-0.150, 0.212),
    "mar": (-0.434, 0.382), "paro": (-0.085, 0.196), "prio": (0.091, 0.029),
}  # fmt: skip
"""Coefficients and standard errors (Fox and Weisberg, appendix to the R Companion to Applied Regression)."""
STUDY_TERMS = {
    "aided": "exposed", "race": "race=black", "wexp": "work_experience=yes", "mar": "married=yes",
    "paro": "parole=yes", "prio": "prior_convictions",
}  # fmt: skip


@pytest.fixture(scope="module")
def installation(installations: Open, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("rossi")
    rossi.split(rossi.load(), folder)
    installation = installations("rossi")
    installation.deliver(sorted(folder.glob("*/*.csv")))
    installation.link()
    installation.publish()
    return installation


@pytest.fixture(scope="module")
def follow_up(installation: Installation) -> pl.DataFrame:
    return installation.snapshot(FOLLOW_UP)


def test_rossi_has_432_people_and_114_arrests(follow_up: pl.DataFrame) -> None:
    assert len(follow_up) == 432
    assert follow_up["arrested"].sum() == 114
    assert follow_up["aided"].sum() == 216


@pytest.mark.parametrize(("aided", "published"), [(True, 0.7778), (False, 0.6944)])
def test_rossi_survival_at_week_52_is_the_published_one(follow_up: pl.DataFrame, aided: bool, published: float) -> None:
    arm = follow_up.filter(pl.col("aided") == aided)
    curve = kaplan_meier(arm["weeks"].to_numpy(), arm["arrested"].to_numpy())
    assert curve.time[-1] <= 52
    assert round(1 - curve.last.value, 4) == published


def test_rossi_log_rank_test_is_the_published_one(follow_up: pl.DataFrame) -> None:
    test = log_rank(*(follow_up[name].to_numpy() for name in ("weeks", "arrested", "aided")))
    assert round(test.statistic, 4) == 3.8376


def test_rossi_cox_table_is_the_published_one_to_three_decimals(follow_up: pl.DataFrame) -> None:
    fit = cox(follow_up, list(PUBLISHED), start=None, stop="weeks", event="arrested")
    rounded = fit.table.select("term", pl.col("coefficient", "se").round(3)).rows()
    assert rounded == [(term, *values) for term, values in PUBLISHED.items()]
    assert round(fit.log_likelihood, 2) == -658.75
    assert (fit.persons, fit.events) == (432, 114)


def test_the_rossi_study_publishes_the_same_table(installation: Installation) -> None:
    query = "FROM study_effect WHERE study = 'rossi' AND method = 'cox_adjusted' AND threshold = 0.5"
    effect = installation.snapshot(query)
    published = {STUDY_TERMS.get(term, term): values for term, values in PUBLISHED.items()}
    found = effect.select("term", pl.col("coefficient", "se").round(3)).rows()
    assert {term: tuple(values) for term, *values in found} == published
    assert effect["log_likelihood"].round(2).unique().to_list() == [-658.75]
    assert effect.select("persons", "events").unique().row(0) == (432, 114)
