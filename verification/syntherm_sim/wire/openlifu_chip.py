"""A TX7332 chip as registers, and what they mean: delays, pulse length, strength of the fundamental."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHANNELS: Final = 32
LAST: Final = 0x19F
CLOCK_Hz: Final = 10e6
_ORDER: Final = (
    (1, 3), (5, 7), (9, 11), (13, 15), (2, 4), (6, 8), (10, 12), (14, 16),
    (17, 19), (21, 23), (25, 27), (29, 31), (18, 20), (22, 24), (26, 28), (30, 32),
)  # fmt: skip
"""Channels of the sixteen delay registers: upper half, lower half."""
_APODIZATION: Final = (
    16, 14, 12, 10, 8, 6, 4, 2, 15, 13, 11, 9, 7, 5, 3, 1,
    32, 30, 28, 26, 24, 22, 20, 18, 31, 29, 27, 25, 23, 21, 19, 17,
)  # fmt: skip
"""The channel that each bit of the apodization register switches off."""
_LEVELS: Final = {0b10: 1.0, 0b01: -1.0}
_END: Final = 0b111


class Chip:
    """32 channels."""

    def __init__(self) -> None:
        self.registers = [0] * (LAST + 1)

    def delays_s(self, profile: int) -> NDArray[np.float64]:
        """Delays of channels 1 to 32 in one of the profiles 0 to 15."""
        clocks = np.zeros(CHANNELS)
        for row, (upper, lower) in enumerate(_ORDER):
            word = self.registers[0x20 + 16 * profile + row]
            clocks[upper - 1], clocks[lower - 1] = word >> 16 & 0x1FFF, word & 0x1FFF
        return clocks / CLOCK_Hz

    @property
    def profile(self) -> int:
        """The delay profile that is selected."""
        return self.registers[0x16] >> 28 & 0xF

    @property
    def sounding(self) -> NDArray[np.bool_]:
        """Which channels are not switched off."""
        on = np.ones(CHANNELS, dtype=np.bool_)
        for bit, channel in enumerate(_APODIZATION):
            on[channel - 1] = not self.registers[0x1B] >> bit & 1
        return on

    def cycle(self, pattern: int) -> list[float]:
        """The levels of one cycle, one a clock."""
        levels: list[float] = []
        for at in range(16):
            field = self.registers[0x120 + 4 * pattern + at // 4] >> 8 * (at % 4) & 0xFF
            if field & 0b111 == _END:
                break
            levels += [_LEVELS.get(field & 0b111, 0.0)] * ((field >> 3) + 2)
        return levels

    def pulse_s(self, pattern: int) -> float:
        """How long a pulse lasts: a number of cycles, or of units of 16 clocks."""
        word = self.registers[0x19]
        if word >> 11 & 1:
            return float(16 * (word >> 12 & 0xFFFF) / CLOCK_Hz)
        return ((word >> 1 & 0x1F) + 1) * len(self.cycle(pattern)) / CLOCK_Hz


def fundamental(levels: list[float]) -> float:
    """Amplitude of the first harmonic of one cycle."""
    phases = np.exp(-2j * math.pi * np.arange(len(levels)) / max(len(levels), 1))
    return float(abs(np.sum(np.asarray(levels) * phases)) / max(len(levels), 1))


def standard_cycle(frequency_Hz: float) -> list[float]:
    """The cycle with which such a system is calibrated: driven for 0.66 of each half."""
    clocks = int(CLOCK_Hz / frequency_Hz)
    halves = (clocks // 2, clocks - clocks // 2)
    levels: list[float] = []
    for half, level in zip(halves, (1.0, -1.0), strict=True):
        driven = int(half * 0.66)
        levels += [level] * driven + [0.0] * (half - driven)
    return levels
