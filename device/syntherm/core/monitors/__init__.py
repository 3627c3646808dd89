"""The properties that are claimed of every session, each watched in one session by what it shows of itself."""
