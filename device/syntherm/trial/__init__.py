"""A trial: an index over many records, and tables of all of them. Class A, own process; records are only read."""
