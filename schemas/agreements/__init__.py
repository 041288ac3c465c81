"""One module an agreement; found by being there (`schemas.catalogue.agreements`)."""
