"""From an aim to the delays of an array's elements: the farthest element sounds first."""

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]
_MM_PER_M = 1000.0


def delays_s(aim_mm: Point, elements_mm: tuple[Point, ...], sound_speed_m_per_s: float) -> NDArray[np.float64]:
    """The delay of each element, in s, the shortest zero, so that all waves meet at the aim."""
    return np.asarray(delays_of((aim_mm,), elements_mm, sound_speed_m_per_s)[0], dtype=np.float64)


def delays_of(
    aims_mm: tuple[Point, ...], elements_mm: tuple[Point, ...], sound_speed_m_per_s: float
) -> NDArray[np.float64]:
    """The same for some aims, an aim a row."""
    elements, aims = np.asarray(elements_mm, dtype=np.float64), np.asarray(aims_mm, dtype=np.float64)
    paths_mm = np.linalg.norm(elements[None, :, :] - aims[:, None, :], axis=2)
    latest_mm = paths_mm.max(axis=1, keepdims=True)
    return np.asarray((latest_mm - paths_mm) / (sound_speed_m_per_s * _MM_PER_M), dtype=np.float64)
