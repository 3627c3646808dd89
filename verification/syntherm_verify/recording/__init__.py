"""Real sessions, and both verifiers: what the commands about the record are built on."""
