"""When: the flows, the settings and the command line."""
