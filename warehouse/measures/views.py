"""All views of the measures, each after those that it reads, and how they come to stand in a connection."""

from typing import Final

import duckdb

from warehouse.measures.conduct import ACCOUNTABILITY, SUPERVISED
from warehouse.measures.court import CASE_OUTCOMES, RECIDIVISM
from warehouse.measures.dose import DOSE, ENROLMENT_DOSE
from warehouse.measures.equity import EQUITY, PARTICIPANT_GROUP
from warehouse.measures.ledger import SESSION_LEDGER
from warehouse.measures.needs import REFERRAL_CHAIN, RESOURCES, RESOURCES_BY_NEED
from warehouse.measures.networks import CO_ATTENDANCE, SITTING, SOCIAL_NETWORKS
from warehouse.measures.reach import KIND_COVERAGE
from warehouse.measures.scales import SCALE_CHANGE
from warehouse.measures.support import EMOTIONAL_SUPPORT, INFORMATION, LIFE_SKILLS, STATUS_SPAN

VIEWS: Final = (
    KIND_COVERAGE, SESSION_LEDGER, ENROLMENT_DOSE, DOSE, SCALE_CHANGE, STATUS_SPAN, SUPERVISED, SITTING, CO_ATTENDANCE,
    REFERRAL_CHAIN, RESOURCES_BY_NEED, PARTICIPANT_GROUP, EMOTIONAL_SUPPORT, INFORMATION, ACCOUNTABILITY, LIFE_SKILLS,
    SOCIAL_NETWORKS, RECIDIVISM, RESOURCES, EQUITY, CASE_OUTCOMES,
)  # fmt: skip


def mount_measure_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views in schema ``main``; they read what stands there already, typed views and ``outcome`` too."""
    for view in VIEWS:
        connection.execute(view.ddl())
