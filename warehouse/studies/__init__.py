"""The studies: one module each, literals only, found by being there."""
