"""Financial aid after prison and arrest within a year: 432 people, aid by lot (Rossi, Berk and Lenihan 1980)."""

from warehouse.study.contract import (
    AtLeast,
    Covariate,
    FirstStart,
    Happens,
    IntentionToTreat,
    OnTheDay,
    Recorded,
    Start,
    Study,
    occurs,
)

STUDY = Study(
    name="rossi",
    title="Financial aid after release",
    question="Does financial aid, given by lot for 13 weeks after release, delay the first arrest?",
    index=FirstStart("study", agencies=("rossi_prison",)),
    exposure=IntentionToTreat(
        by=AtLeast(1, OnTheDay(Start("enrolment", agencies=("rossi_aid",)))),
        assignment="random",
        words="Financial aid from the day of release",
    ),
    outcomes=(occurs("arrest", Happens("arrest"), "The first arrest after release"),),
    windows=(3, 6, 9),
    follow_up=12,
    covariates=(
        Covariate("age", Recorded("age"), number=True),
        Covariate("race", Recorded("race"), reference="other"),
        Covariate("work_experience", Recorded("work_experience"), reference="no"),
        Covariate("married", Recorded("married"), reference="no"),
        Covariate("parole", Recorded("parole"), reference="no"),
        Covariate("prior_convictions", Recorded("prior_convictions"), number=True),
    ),
    strata=("race", "work_experience"),
    unit="week",
    until="study",
)
