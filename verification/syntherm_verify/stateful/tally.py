"""What the sessions of a run have reached."""

from collections import Counter

import attrs

from syntherm.core.faults import Code


@attrs.define
class Tally:
    """Counts over all sessions. `codes`: how often each fault arose."""

    rules: int = 0
    steps: int = 0
    codes: Counter[Code] = attrs.Factory(Counter)
    states: set[str] = attrs.Factory(set)

    def add(self, other: "Tally") -> None:
        """Take in what another run has reached."""
        self.rules += other.rules
        self.steps += other.steps
        self.codes += other.codes
        self.states |= other.states
