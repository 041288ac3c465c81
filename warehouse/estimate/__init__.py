"""Estimates with intervals: curves, tests, hazard ratios, weighting, and how much to believe them.

Every estimator is pinned by `tests/spec/estimates` against a published answer or a count by hand. Where a
well-kept library gives the right answer at the size of a warehouse it is used; the Cox model is our own, because
none does (`warehouse.estimate.cox` says why).
"""
