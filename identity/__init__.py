"""Who: the only room that may hold an identifier."""
