"""From an aim to the delays of an array's elements: the farthest element sounds first."""

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]
_MM_PER_M = 1000.0


def delays_s(aim_mm: Point, elements_mm: tuple[Point, ...], sound_speed_m_per_s: float) -> NDArray[np.float64]:
    """The delay of each element, in s, the shortest zero, so that all waves meet at the aim."""
    paths_mm = np.linalg.norm(np.asarray(elements_mm, dtype=np.float64) - np.asarray(aim_mm), axis=1)
    return np.asarray((paths_mm.max() - paths_mm) / (sound_speed_m_per_s * _MM_PER_M), dtype=np.float64)
