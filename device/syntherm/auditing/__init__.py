"""What an auditor does with a record: show it, compare it, export it. Class A, own process; records are only read."""
