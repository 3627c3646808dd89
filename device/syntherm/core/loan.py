"""Power that was lent, by the session's time: for the balance of heat and for the near field's budget."""

import attrs


@attrs.frozen
class Loan:
    """Power lent for a time: W, between two moments of the session, s."""

    from_s: float
    until_s: float
    power_W: float

    def energy_J(self, since_s: float, to_s: float) -> float:
        """What of it falls between two moments."""
        return self.power_W * max(min(self.until_s, to_s) - max(self.from_s, since_s), 0.0)
