"""A set of states: each gets a number when it is first seen."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]


@numba.njit(cache=True)
def _insert(high: Keys, low: Keys, slots: Any, seen_high: Keys, seen_low: Keys, count: int, ids: Any) -> int:
    mask = np.uint64(len(slots) - 1)
    for i in range(len(high)):
        a, b = high[i], low[i]
        mixed = (a ^ (b * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
        at = (mixed ^ (mixed >> np.uint64(29))) & mask
        while True:
            found = slots[at]
            if found < 0:
                slots[at] = count
                seen_high[count], seen_low[count] = a, b
                ids[i] = count
                count += 1
                break
            if seen_high[found] == a and seen_low[found] == b:
                ids[i] = found
                break
            at = (at + np.uint64(1)) & mask
    return count


@numba.njit(cache=True)
def _find(high: Keys, low: Keys, slots: Any, seen_high: Keys, seen_low: Keys, ids: Any) -> None:
    mask = np.uint64(len(slots) - 1)
    for i in range(len(high)):
        a, b = high[i], low[i]
        mixed = (a ^ (b * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
        at = (mixed ^ (mixed >> np.uint64(29))) & mask
        ids[i] = -1
        while slots[at] >= 0:
            found = slots[at]
            if seen_high[found] == a and seen_low[found] == b:
                ids[i] = found
                break
            at = (at + np.uint64(1)) & mask


class StateSet:
    """States as pairs of keys, numbered in the order in which they came."""

    def __init__(self) -> None:
        self.count = 0
        self._slots = np.full(1 << 16, -1, dtype=np.int64)
        self._high = np.empty(1 << 15, dtype=np.uint64)
        self._low = np.empty(1 << 15, dtype=np.uint64)

    def add(self, high: Keys, low: Keys) -> NDArray[np.int64]:
        """The number of each; new ones follow the last number."""
        self._reserve(self.count + len(high))
        ids = np.empty(len(high), dtype=np.int64)
        self.count = int(_insert(high, low, self._slots, self._high, self._low, self.count, ids))
        return ids

    def find(self, high: Keys, low: Keys) -> NDArray[np.int64]:
        """The number of each, -1 for one that is not in the set."""
        ids = np.empty(len(high), dtype=np.int64)
        _find(high, low, self._slots, self._high, self._low, ids)
        return ids

    def _reserve(self, most: int) -> None:
        if most <= len(self._high):
            return
        size = 1 << int(most - 1).bit_length()
        high, low, count = self._high[: self.count].copy(), self._low[: self.count].copy(), self.count
        self._slots = np.full(4 * size, -1, dtype=np.int64)
        self._high, self._low = np.empty(2 * size, dtype=np.uint64), np.empty(2 * size, dtype=np.uint64)
        ids = np.empty(count, dtype=np.int64)
        _insert(high, low, self._slots, self._high, self._low, 0, ids)
