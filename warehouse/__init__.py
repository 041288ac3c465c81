"""What happened: the store, timelines, outcomes, snapshots and the report."""
