"""Each estimator against a published answer or a count by hand; the test's name or text says which."""
