"""The warehouse in PostgreSQL: tables, migrations, ledger, loading, links, logical digest."""
