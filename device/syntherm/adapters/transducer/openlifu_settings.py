"""What a site declares about its OpenLIFU system. Nothing here has a default that a measurement must give."""

import math
from typing import Final

import attrs

from syntherm.adapters.transducer.steering import Point
from syntherm.adapters.transducer.tx7332 import (
    CHANNELS,
    CHIPS_PER_MODULE,
    CLOCKS_PER_UNIT,
    MAX_UNITS,
    CLOCK_Hz,
    pulse_form,
)

PUBLISHED_LIMITS: Final = (
    (0.05, 65.0), (0.10, 60.0), (0.15, 55.0), (0.18, 50.0), (0.22, 45.0),
    (0.28, 40.0), (0.35, 35.0), (0.40, 30.0), (0.45, 25.0), (0.50, 20.0),
)  # fmt: skip
"""Highest duty (0 to 1) and the voltage in V that goes with it, for 10 min: table "dvt" of openlifu_sdk 2.0.14."""
SWITCHING_s: Final = 250e-6
"""Silence that the transmitter needs before each pulse to change to another focal point (200 us), and some."""
ID_HEX: Final = 24


@attrs.frozen
class OpenLifuSettings:
    """One transmitter and its console. The calibration: `reference_W` of acoustic power at `reference_V`, unpulsed.

    `transmitter_id` and `console_id` are the 12 bytes of hardware identification in hex. `start_s` is taken off each
    lease for the way of the last commands. `aim_min_mm` to `aim_max_mm` is the box in which steering was measured.
    Raises ValueError for what the device could not do or its limits forbid.
    """

    transmitter_id: str
    console_id: str
    elements_mm: tuple[Point, ...] = attrs.field(repr=False)
    aim_min_mm: Point
    aim_max_mm: Point
    sound_speed_m_per_s: float
    frequency_Hz: float
    reference_V: float
    reference_W: float
    voltage_V: float
    voltage_tolerance_V: float
    settle_s: float
    max_duty: float
    pulse_rate_Hz: int
    max_lease_s: float
    start_s: float

    def __attrs_post_init__(self) -> None:
        self._hold(len(self.transmitter_id) == ID_HEX == len(self.console_id), f"ids of {ID_HEX} hex digits")
        numbers = (
            self.sound_speed_m_per_s, self.frequency_Hz, self.reference_V, self.reference_W, self.voltage_V,
            self.voltage_tolerance_V, self.max_duty, self.max_lease_s,
        )  # fmt: skip
        self._hold(all(math.isfinite(x) and x > 0.0 for x in numbers), "finite numbers above 0")
        self._hold(all(math.isfinite(x) and x >= 0.0 for x in (self.settle_s, self.start_s)), "times of 0 s or more")
        per_module = CHANNELS * CHIPS_PER_MODULE
        self._hold(
            len(self.elements_mm) > 0 and len(self.elements_mm) % per_module == 0,
            f"a whole number of modules of {per_module} elements, not {len(self.elements_mm)} elements",
        )
        self._hold(self.voltage_V >= 5.0, "at least 5 V, the least that the console takes")
        allowed_V = next((volts for duty, volts in PUBLISHED_LIMITS if self.max_duty <= duty), 0.0)
        self._hold(
            self.highest_V <= allowed_V,
            f"{self.voltage_V} V and {self.voltage_tolerance_V} V of tolerance at most {allowed_V} V"
            f" at a duty of {self.max_duty}",
        )
        self._hold(10 <= self.pulse_rate_Hz <= 1000, f"10 to 1000 pulses a second, not {self.pulse_rate_Hz}")
        self._hold(
            self.max_duty <= 1.0 - SWITCHING_s * self.pulse_rate_Hz and self.max_duty / self.unit_duty <= MAX_UNITS,
            f"a duty that leaves {SWITCHING_s * 1e6:.0f} us between pulses, not {self.max_duty}",
        )
        pulse_form(self.frequency_Hz)

    def _hold(self, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(f"OpenLIFU settings: expected {expected}")

    @property
    def highest_V(self) -> float:
        """The highest voltage at which a lease is started: no lease gives more than asked even there."""
        return self.voltage_V + self.voltage_tolerance_V

    @property
    def full_W(self) -> float:
        """Acoustic power at the highest voltage if it sounded without pause; it goes with the square of voltage."""
        return self.reference_W * (self.highest_V / self.reference_V) ** 2

    @property
    def unit_duty(self) -> float:
        """The part of the time that one unit of pulse length is."""
        return CLOCKS_PER_UNIT * self.pulse_rate_Hz / CLOCK_Hz

    @property
    def chips(self) -> int:
        """Transmitter chips."""
        return len(self.elements_mm) // CHANNELS
