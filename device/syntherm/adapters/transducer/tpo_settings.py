"""What a site declares about its TPO. Nothing here has a default that a measurement must give."""

import math
from typing import Final

import attrs

from syntherm.adapters.transducer.steering import Point

STEP_us: Final = 10
"""Bursts and periods are whole multiples of it."""
US_PER_S: Final = 1_000_000
_UNIT: Final = 1e-6


@attrs.frozen
class TpoSettings:
    """One TPO and its transducer.

    `greeting` is the line by which this device names itself when its port is opened. `acoustic_per_electrical` is
    what comes out as sound of each watt of GLOBALPOWER while a burst lasts (0 to 1). `timer_unit_us` is what one
    count of TIMER was measured to last: published scripts disagree (1 or 1000). The beam leaves `origin_mm` along
    `axis` (length 1); FOCUS reaches from `focus_min_mm` to `focus_max_mm` of it; an aim may lie `off_axis_mm` beside.
    Raises ValueError for what the device could not do.
    """

    greeting: str
    greeting_s: float
    frequency_Hz: int
    acoustic_per_electrical: float
    max_power_mW: int
    burst_us: int
    period_us: int
    timer_unit_us: int
    max_lease_s: float
    start_s: float
    origin_mm: Point
    axis: Point
    focus_min_mm: float
    focus_max_mm: float
    off_axis_mm: float

    def __attrs_post_init__(self) -> None:
        self._hold(bool(self.greeting.strip()) and self.greeting.isascii(), "a greeting in ASCII")
        self._hold(0.0 < self.acoustic_per_electrical <= 1.0, "an efficiency above 0 and at most 1")
        self._hold(min(self.frequency_Hz, self.max_power_mW, self.burst_us) > 0, "frequency, power and burst above 0")
        self._hold(self.burst_us <= self.period_us, "a burst no longer than its period")
        self._hold(
            self.burst_us % STEP_us == self.period_us % STEP_us == 0, f"burst and period in steps of {STEP_us} us"
        )
        self._hold(self.timer_unit_us in (1, 1000), "a timer in us or ms")
        self._hold(0.0 < self.max_lease_s < math.inf and 0.0 <= self.start_s < math.inf, "finite times")
        self._hold(0.0 < self.greeting_s < math.inf, "a finite wait for the greeting")
        self._hold(abs(math.hypot(*self.axis) - 1.0) < _UNIT, "an axis of length 1")
        self._hold(0.0 < self.focus_min_mm < self.focus_max_mm < math.inf, "a focus range above 0 mm")
        self._hold(0.0 <= self.off_axis_mm < math.inf, "0 mm or more beside the axis")

    def _hold(self, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(f"TPO settings: expected {expected}")

    @property
    def acoustic_W_per_mW(self) -> float:
        """Mean acoustic power for each mW of GLOBALPOWER."""
        return self.acoustic_per_electrical * self.burst_us / self.period_us / 1000.0
