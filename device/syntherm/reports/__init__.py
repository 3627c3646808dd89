"""The session report: read from the record, and from nothing else. Class A, in a process of its own."""
