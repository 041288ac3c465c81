"""Returns to prison in North Carolina through feeds: the published Cox model, read from the warehouse.

Chung, Schmidt and Witte 1991; the model is the one of Wooldridge, *Econometric Analysis of Cross Section and Panel
Data*, on the same people (Efron's ties, as the published log-likelihood tells).
"""

from pathlib import Path

import polars as pl
import pytest

from bench import recid_nc
from tests.whole.conftest import Open
from tests.whole.installation import Installation
from warehouse.estimate.cox import CoxFit, cox

FOLLOW_UP = """
SELECT s.participant_key,
       datediff('month', s.start_date, coalesce(min(c.start_date), s.end_date - 1)) AS months,
       count(c.start_date) > 0 AS returned,
       CAST(s.detail ->> 'work_programme' = 'yes' AS INT) AS workprg,
       CAST(s.detail ->> 'prior_convictions' AS INT) AS priors,
       CAST(s.detail ->> 'served_months' AS INT) AS tserved,
       CAST(s.detail ->> 'felony' = 'yes' AS INT) AS felon,
       CAST(s.detail ->> 'drug_history' = 'yes' AS INT) AS drugs,
       CAST(s.detail ->> 'race' = 'black' AS INT) AS black,
       CAST(s.detail ->> 'married' = 'yes' AS INT) AS married,
       CAST(s.detail ->> 'schooling_years' AS INT) AS educ,
       CAST(s.detail ->> 'age_months' AS INT) AS age
FROM span AS s
LEFT JOIN span AS c ON c.participant_key = s.participant_key AND c.kind = 'custody' AND c.start_date < s.end_date
WHERE s.kind = 'study' AND s.agency = 'recid_nc_prison'
GROUP BY s.participant_key, s.start_date, s.end_date, s.detail
"""
TERMS = ("workprg", "priors", "tserved", "felon", "drugs", "black", "married", "educ", "age")
STUDY_TERMS = {
    "workprg": "exposed", "priors": "prior_convictions", "tserved": "served_months", "felon": "felony=yes",
    "drugs": "drug_history=yes",
}  # fmt: skip
HAZARD_RATIOS = {"workprg": 1.054341, "priors": 1.100222, "tserved": 1.012483, "felon": 0.7361351, "drugs": 1.30457}


@pytest.fixture(scope="module")
def installation(installations: Open, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("recid_nc")
    recid_nc.split(recid_nc.load(shared_data), folder)
    installation = installations("recid_nc")
    installation.deliver(sorted(folder.glob("*/*.csv")))
    installation.link()
    installation.publish()
    return installation


@pytest.fixture(scope="module")
def follow_up(installation: Installation) -> pl.DataFrame:
    return installation.snapshot(FOLLOW_UP)


@pytest.fixture(scope="module")
def fit(follow_up: pl.DataFrame) -> CoxFit:
    return cox(follow_up, TERMS, start=None, stop="months", event="returned", cluster="participant_key")


def test_552_of_1445_people_return_in_80013_months(follow_up: pl.DataFrame) -> None:
    assert len(follow_up) == 1445
    assert follow_up["returned"].sum() == 552
    assert follow_up["months"].sum() == 80_013


def test_the_log_likelihood_is_the_published_one(fit: CoxFit) -> None:
    assert round(fit.log_likelihood, 4) == -3820.9142
    assert (fit.persons, fit.events) == (1445, 552)


@pytest.mark.parametrize(("term", "published"), HAZARD_RATIOS.items())
def test_the_hazard_ratios_are_the_published_ones(fit: CoxFit, term: str, published: float) -> None:
    ratio = fit.table.filter(term=term).select(pl.col("coefficient").exp()).item()
    assert ratio == pytest.approx(published, abs=5e-7 if published > 1 else 5e-8)


def test_the_study_publishes_the_same_model(installation: Installation) -> None:
    """It counts months, as the published study does: on a calendar of days its ties would be broken."""
    query = "FROM study_effect WHERE study = 'recid_nc' AND method = 'cox_adjusted' AND threshold = 0.5"
    effect = installation.snapshot(query)
    assert effect["log_likelihood"].round(4).unique().to_list() == [-3820.9142]
    assert effect.select("persons", "events").unique().row(0) == (1445, 552)
    ratios = dict(effect.select("term", "ratio").iter_rows())
    for term, published in HAZARD_RATIOS.items():
        assert ratios[STUDY_TERMS[term]] == pytest.approx(published, abs=5e-7 if published > 1 else 5e-8)
