"""From the rows of a feed to events and spans."""
