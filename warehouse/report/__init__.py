"""The report: one static page from a published snapshot, of aggregates only."""
