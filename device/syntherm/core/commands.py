"""What the core asks of the world. Falling commands take energy or drug away; rising ones only lend it."""

import attrs


@attrs.frozen
class FocalPower:
    """Mean acoustic power over the lease for one steered focal point."""

    aim_mm: tuple[float, float, float]
    power_W: float


@attrs.frozen
class EnergyOff:
    """End any lease now."""


@attrs.frozen
class HoldInfusion:
    """Stop the pump now."""


@attrs.frozen
class GrantLease:
    """Lend power until a moment; the transducer itself ends it."""

    until_s: float
    points: tuple[FocalPower, ...]

    @property
    def power_W(self) -> float:
        """Total mean power of the lease."""
        return sum(point.power_W for point in self.points)


@attrs.frozen
class GrantInfusion:
    """Let the pump infuse until a moment and never past a volume; the pump itself ends both."""

    until_s: float
    rate_ml_per_h: float
    volume_limit_ml: float


Falling = EnergyOff | HoldInfusion
Rising = GrantLease | GrantInfusion
Command = Falling | Rising
