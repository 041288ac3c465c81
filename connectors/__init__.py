"""Where from and where to: intake, landing store, readers, databases, receipts."""
