"""The agreement with a continuum of care on its homelessness management information system."""

import datetime as dt

from schemas.agreement import Agreement

AGREEMENT = Agreement(
    name="coc-2022",
    title="Continuum of care: homelessness management information",
    purpose="Housing and services of people under supervision, as counts over groups",
    agencies=("coc",),
    begins=dt.date(2019, 10, 1),
    landing_days=60,
    quarantine_days=30,
)
