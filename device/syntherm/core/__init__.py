"""The pure core: no clock, no IO, no threads, no randomness. Time arrives inside the events."""
