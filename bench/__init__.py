"""Measured against known truth and known baselines; nothing imports this."""
