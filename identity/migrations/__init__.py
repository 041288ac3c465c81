"""The vault's migrations (Alembic); run by `identity.vault.Vault.migrate`."""
