"""A study is one file of literals: the contract, what it refuses, its SQL, and the tables that it leaves."""
