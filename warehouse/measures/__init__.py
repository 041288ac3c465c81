"""What was received, and what the files can say of each claim of peer support: views, and one table of figures."""
