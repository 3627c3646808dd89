"""Simulators for Syntherm: a virtual patient, equipment behind the session's ports, people, and the treatment day."""
