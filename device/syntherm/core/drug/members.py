"""One range becomes an interval: a fixed, stated set of members, each with one value of every parameter.

Member 0 is central. Members 1 to 4 are corners: most and least drug brought, each with most and least drug held. The
others are a Latin hypercube whose ranks follow the fractional parts of square roots of primes times square numbers,
so that the same parameters give the same members everywhere. What two members bound exactly, and what all of them
bound only from within, is said in docs/drug-model.md.
"""

from math import log
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import DrugRanges, Range

Array = NDArray[np.float64]
_LN2: Final = log(2.0)
_SECONDS_PER_HOUR: Final = 3600.0
_SPREAD: Final = 84.0
"""Chosen so that no two parameters rise and fall together: no correlation above 0.7 from 11 members up."""
_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67)

BROUGHT: Final = {
    "plasma_volume_l": -1, "liposome_half_life_h": 1, "leak_share": 1,
    "free_volume_l": -1, "free_elimination_per_s": -1, "free_to_shallow_per_s": -1, "free_from_shallow_per_s": 1,
    "free_to_deep_per_s": -1, "free_from_deep_per_s": 1,
    "onset_degC": -1, "full_degC": -1, "release_per_s": 1, "plasma_flow_per_s": 1, "plasma_fraction": 1,
}  # fmt: skip
"""Parameters that decide how much drug is brought to the tissue; 1 where the highest value brings most."""
HELD: Final = {"exchange_per_s": 1, "interstitial_fraction": 1, "uptake_per_s": 1, "efflux_per_s": -1}
"""Parameters that decide how much of it the tissue holds; 1 where the highest value holds most."""
NAMES: Final = (*BROUGHT, *HELD)
"""Every parameter that is a range. Its place here decides which sampled level it takes."""
_CORNERS: Final = ((1, 1), (1, -1), (-1, 1), (-1, -1))


@attrs.frozen(eq=False)
class Members:
    """Every parameter as an array with one entry per member, shape (m,), in the unit of its name.

    `temperature_bias` says where between its bounds a member takes every temperature: -1 lower, 0 estimate, 1 upper.
    """

    plasma_volume_l: Array
    liposome_half_life_h: Array
    leak_share: Array
    free_volume_l: Array
    free_elimination_per_s: Array
    free_to_shallow_per_s: Array
    free_from_shallow_per_s: Array
    free_to_deep_per_s: Array
    free_from_deep_per_s: Array
    onset_degC: Array
    full_degC: Array
    release_per_s: Array
    plasma_flow_per_s: Array
    plasma_fraction: Array
    exchange_per_s: Array
    interstitial_fraction: Array
    uptake_per_s: Array
    efflux_per_s: Array
    temperature_bias: Array

    @property
    def count(self) -> int:
        """How many members there are."""
        return len(self.temperature_bias)

    @property
    def loss_per_s(self) -> Array:
        """Rate at which encapsulated drug leaves plasma at body temperature, leak included."""
        return _LN2 / (self.liposome_half_life_h * _SECONDS_PER_HOUR)

    @property
    def leak_per_s(self) -> Array:
        """Rate at which encapsulated drug becomes free at body temperature."""
        return self.leak_share * self.loss_per_s


def value_at(found: Range, level: float) -> float:
    """The value at `level`: 0 lowest, 0.5 central, 1 highest; between them even in ratio, or in steps from zero."""
    low, central, high = found
    below, above, part = (low, central, 2.0 * level)
    if level > 0.5:
        below, above, part = (central, high, 2.0 * level - 1.0)
    if below > 0.0:
        return float(below * (above / below) ** part)
    return below + part * (above - below)


def _sampled_levels(count: int) -> Array:
    """A Latin hypercube, shape (count, parameters + 1), each column the middles of `count` equal parts once."""
    roots = np.sqrt(np.asarray(_PRIMES, dtype=np.float64))
    places = np.outer(_SPREAD * np.arange(1, count + 1) ** 2, roots) % 1.0
    ranks = np.argsort(np.argsort(places, axis=0, kind="stable"), axis=0, kind="stable")
    return (ranks + 0.5) / max(count, 1)


def levels_of(sampled: int) -> Array:
    """Levels of all members, shape (5 + sampled, parameters + 1); the last column is the temperature's."""
    rows = [[0.5] * (len(NAMES) + 1)]
    for brought, held in _CORNERS:
        sides = [brought * BROUGHT[name] if name in BROUGHT else held * HELD[name] for name in NAMES]
        rows.append([0.5 + 0.5 * side for side in (*sides, brought)])
    return np.vstack([np.asarray(rows), _sampled_levels(sampled)])


def members_of(parameters: DrugRanges) -> Members:
    """The central member, four corners and as many between them as the plan asks for."""
    levels = levels_of(parameters.sampled_members)
    columns = {
        name: np.asarray([value_at(getattr(parameters, name), level) for level in levels[:, place]])
        for place, name in enumerate(NAMES)
    }
    return Members(**columns, temperature_bias=2.0 * levels[:, -1] - 1.0)
