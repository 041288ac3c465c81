"""What follows a first supervision: re-charge, re-conviction, return to custody. Nobody is compared."""

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
    SingleArm,
    Study,
)

STUDY = Study(
    name="supervision_outcomes",
    title="Outcomes after a first supervision",
    question="How many are charged or convicted again, or return to custody, after a first supervision starts?",
    index=FirstStart("supervision"),
    exposure=SingleArm(),
    outcomes=(RECHARGE, RECONVICTION, CUSTODY_NEW_OFFENCE, CUSTODY_TECHNICAL),
    windows=(6, 12, 24),
    covariates=(
        Covariate("age_band", Age(), bands=AGE_BANDS),
        Covariate("prior_filings", Before(Happens("charge"), months=24, records=True), bands=FILING_BANDS),
    ),
    strata=("age_band", "prior_filings"),
)
