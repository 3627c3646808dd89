"""Every fault of every device at every energised state: what then flows, and what the record calls it."""
