"""The published study of people released from North Carolina prisons: its data stand for two agencies."""

import datetime as dt

from schemas.agreement import Agreement

AGREEMENT = Agreement(
    name="recid-nc-1977",
    title="Chung, Schmidt & Witte: time until return to prison",
    purpose="Reproducing the published results of the study",
    agencies=("recid_nc_prison", "recid_nc_admission"),
    begins=dt.date(1977, 7, 1),
    landing_days=365,
    quarantine_days=30,
)
