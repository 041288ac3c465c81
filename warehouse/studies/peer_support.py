"""Whether peer support goes with fewer returns: enrolment during a first supervision, as exposure that starts later."""

from warehouse.study.contract import (
    AGE_BANDS,
    CUSTODY_NEW_OFFENCE,
    CUSTODY_TECHNICAL,
    FILING_BANDS,
    RECHARGE,
    RECONVICTION,
    Age,
    Before,
    Covariate,
    FirstStart,
    Happens,
    Start,
    Study,
    TimeVarying,
)

STUDY = Study(
    name="peer_support",
    title="Peer support during a first supervision",
    question="Are people under supervision charged, convicted or returned to custody less often once they have "
    "enrolled in peer support than before, or than those who never do?",
    index=FirstStart("supervision"),
    exposure=TimeVarying(
        start=Start("enrolment", codes=("peer_support",)),
        words="Enrolled in peer support, from the day after the first enrolment on",
    ),
    outcomes=(RECHARGE, RECONVICTION, CUSTODY_NEW_OFFENCE, CUSTODY_TECHNICAL),
    windows=(6, 12, 24),
    covariates=(
        Covariate("age_band", Age(), bands=AGE_BANDS),
        Covariate("prior_filings", Before(Happens("charge"), months=24, records=True), bands=FILING_BANDS),
    ),
    strata=("age_band", "prior_filings"),
)
