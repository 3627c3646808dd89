"""Taking in an event: what is now known. Nothing is decided here, and nothing is trusted that was not seen."""
