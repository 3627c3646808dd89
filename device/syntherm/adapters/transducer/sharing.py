"""How focal points of different power share one train of equal pulses: each gets a number of the train's slots."""

import math
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

MAX_SLOTS: Final = 255
"""The length of a cycle is one byte on the wire."""
_ROUNDING: Final = 1e-12


@attrs.frozen
class Sharing:
    """Slots of each point in one train, and the power that one slot gives its point, in W."""

    slots: tuple[int, ...]
    slot_W: float

    @property
    def train(self) -> int:
        """Slots of a whole train."""
        return sum(self.slots)

    @property
    def power_W(self) -> float:
        """Mean power of all points together."""
        return self.slot_W * self.train

    @property
    def order(self) -> tuple[int, ...]:
        """The points (from 0) in the order in which they sound, each spread evenly over the train."""
        turns = ((turn + 0.5) / count for count in self.slots for turn in range(count))
        points = (point for point, count in enumerate(self.slots) for _ in range(count))
        return tuple(point for _, point in sorted(zip(turns, points, strict=True)))


def shared(powers_W: tuple[float, ...], pulses: int) -> Sharing | None:
    """The sharing that gives the most energy within `pulses` pulses, no point more than was asked for it.

    A train is given whole or not at all. None if not one whole train fits.
    """
    powers = np.asarray(powers_W, dtype=np.float64)
    steps = np.arange(1, MAX_SLOTS + 1)
    # Points of equal power, as most leases have them, would only say the same again.
    different = np.asarray(tuple(dict.fromkeys(powers_W)), dtype=np.float64)
    candidates = (different[:, None] / steps[None, :]).ravel()
    slots = np.floor(powers[None, :] / candidates[:, None] * (1.0 + _ROUNDING))
    trains = slots.sum(axis=1)
    whole = np.floor(pulses / trains) * trains
    slot_W = _slot_W(powers, slots)
    energy = np.where(trains <= min(MAX_SLOTS, pulses), slot_W * trains * whole, 0.0)
    best = np.flatnonzero(energy >= energy.max() * (1.0 - _ROUNDING))
    if energy.max() <= 0.0:
        return None
    chosen = best[np.argmin(trains[best])]
    return Sharing(tuple(int(count) for count in slots[chosen]), float(slot_W[chosen]))


def _slot_W(powers: NDArray[np.float64], slots: NDArray[np.float64]) -> NDArray[np.float64]:
    """The most that a slot may give so that no point gets more than its power."""
    each = np.divide(powers[None, :], slots, out=np.full(slots.shape, math.inf), where=slots > 0.0)
    return np.asarray(each.min(axis=1) * (1.0 - _ROUNDING), dtype=np.float64)
