"""A prison work programme and return to prison: 1,445 people of North Carolina (Chung, Schmidt and Witte 1991)."""

from warehouse.study.contract import (
    Covariate,
    FirstStart,
    IntentionToTreat,
    Is,
    Recorded,
    Start,
    Study,
    occurs,
)

STUDY = Study(
    name="recid_nc",
    title="A work programme in prison",
    question="Do people who took part in the work programme of their prison return later, or less often, than others?",
    index=FirstStart("study", agencies=("recid_nc_prison",)),
    exposure=IntentionToTreat(
        by=Is(Recorded("work_programme"), ("yes",)), words="Took part in the prison's work programme before release"
    ),
    outcomes=(
        occurs(
            "return", Start("custody", agencies=("recid_nc_admission",)), "The first return to prison after release"
        ),
    ),
    windows=(12, 24, 60),
    follow_up=96,
    covariates=(
        Covariate("prior_convictions", Recorded("prior_convictions"), number=True),
        Covariate("served_months", Recorded("served_months"), number=True),
        Covariate("felony", Recorded("felony"), reference="no"),
        Covariate("drug_history", Recorded("drug_history"), reference="no"),
        Covariate("race", Recorded("race"), reference="other"),
        Covariate("married", Recorded("married"), reference="no"),
        Covariate("schooling_years", Recorded("schooling_years"), number=True),
        Covariate("age_months", Recorded("age_months"), number=True),
    ),
    strata=("felony", "race"),
    unit="month",
    until="study",
)
