"""The feeds, one file each: discovered by being here."""
