"""Typed messages between an operators' desk and the session, over a local socket; whatever comes in is hostile."""
