"""Templates of the pages that an agency reads."""
