"""The session around the pure core: the loop, what it reads from disk, and the composition of real adapters."""
