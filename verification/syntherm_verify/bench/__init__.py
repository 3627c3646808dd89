"""How fast the record is, beside what the machine can do at all in the same minutes."""
