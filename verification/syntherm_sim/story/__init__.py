"""Saved stories, as the proof finds them: read, played event by event around the shipped session, and judged."""
