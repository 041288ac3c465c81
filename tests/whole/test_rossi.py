"""The Rossi study through feeds: the published survival and log-rank test, read from the warehouse."""

from collections.abc import Iterator

import polars as pl
import pytest
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from bench import rossi
from tests.whole.conftest import Open

FOLLOW_UP = """
SELECT s.participant_key,
       datediff('day', s.start_date, coalesce(min(e.event_date), s.end_date - 1)) // 7 AS weeks,
       count(e.event_date) > 0 AS arrested,
       count(a.start_date) > 0 AS aided
FROM span AS s
LEFT JOIN event AS e ON e.participant_key = s.participant_key AND e.kind = 'arrest'
LEFT JOIN span AS a ON a.participant_key = s.participant_key AND a.kind = 'enrolment'
WHERE s.kind = 'study'
GROUP BY s.participant_key, s.start_date, s.end_date
"""


@pytest.fixture(scope="module")
def follow_up(installations: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pl.DataFrame]:
    folder = tmp_path_factory.mktemp("rossi")
    rossi.split(rossi.load(), folder)
    installation = installations("rossi")
    installation.deliver(sorted(folder.glob("*/*.csv")))
    installation.link()
    installation.publish()
    yield installation.snapshot(FOLLOW_UP)


def test_rossi_has_432_people_and_114_arrests(follow_up: pl.DataFrame) -> None:
    assert len(follow_up) == 432
    assert follow_up["arrested"].sum() == 114
    assert follow_up["aided"].sum() == 216


@pytest.mark.parametrize(("aided", "published"), [(True, 0.7778), (False, 0.6944)])
def test_rossi_survival_at_week_52_is_the_published_one(follow_up: pl.DataFrame, aided: bool, published: float) -> None:
    arm = follow_up.filter(pl.col("aided") == aided)
    survival = SurvfuncRight(arm["weeks"].to_numpy(), arm["arrested"].cast(pl.Int8).to_numpy())
    assert round(float(survival.surv_prob[survival.surv_times <= 52][-1]), 4) == published


def test_rossi_log_rank_test_is_the_published_one(follow_up: pl.DataFrame) -> None:
    columns = [follow_up[name].cast(pl.Int64).to_numpy() for name in ("weeks", "arrested", "aided")]
    chi_squared, _ = survdiff(*columns)
    assert round(float(chi_squared), 2) == 3.84
