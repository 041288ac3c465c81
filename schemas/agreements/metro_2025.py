"""The Metro county agreement on linking court, probation and peer-support records."""

import datetime as dt

from schemas.agreement import Agreement

AGREEMENT = Agreement(
    name="metro-2025",
    title="Metro county: justice and peer-support records",
    purpose="Whether peer support goes with better outcomes of supervision; no decision about a person",
    agencies=("metro_court", "metro_probation", "metro_peer"),
    begins=dt.date(2021, 1, 1),
    landing_days=90,
    quarantine_days=30,
)
