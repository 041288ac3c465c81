"""Alembic migrations of the warehouse; run by `warehouse.store.migrate`."""
