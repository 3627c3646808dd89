"""A generator that gives less and less of what it reports: a gain that falls with time and levels off."""

import math

import attrs

_SECONDS_PER_MINUTE = 60.0


@attrs.frozen
class Droop:
    """From 1 at `from_s` towards `to`. No figure of a real generator is known: assumptions."""

    to: float = attrs.field(default=0.7, validator=attrs.validators.ge(0.0))
    time_constant_min: float = attrs.field(default=20.0, validator=attrs.validators.gt(0.0))
    from_s: float = 0.0

    def gain(self, at_s: float) -> float:
        """Power that leaves over power that is reported."""
        minutes = max(at_s - self.from_s, 0.0) / _SECONDS_PER_MINUTE
        return self.to + (1.0 - self.to) * math.exp(-minutes / self.time_constant_min)
