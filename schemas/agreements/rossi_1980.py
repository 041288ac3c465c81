"""The published study of people released from Maryland prisons: its data are public and stand for three agencies."""

import datetime as dt

from schemas.agreement import Agreement

AGREEMENT = Agreement(
    name="rossi-1980",
    title="Rossi, Berk & Lenihan: financial aid after release",
    purpose="Reproducing the published results of the experiment",
    agencies=("rossi_prison", "rossi_aid", "rossi_court"),
    begins=dt.date(1972, 1, 3),
    landing_days=365,
    quarantine_days=30,
)
