"""The independent process that can only take energy away."""
