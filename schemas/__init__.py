"""What the feeds are: contracts, and all that follows from them."""
