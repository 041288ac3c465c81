"""What all tables of the warehouse share: the schemas they stand in, and how constraints are named."""

from typing import Final

from sqlalchemy import MetaData

LEDGER: Final = "ledger"
TIMELINE: Final = "timeline"
WAREHOUSE: Final = "warehouse"
SCHEMAS: Final = (LEDGER, TIMELINE, WAREHOUSE)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
