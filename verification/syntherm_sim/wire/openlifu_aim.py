"""Where an array is aimed, from nothing but its delays: the point at which all waves arrive together."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
_MM_PER_M = 1000.0
_ITERATIONS = 20
_SEEN_SPREAD = 1e-9


def aim_of(
    delays_s: NDArray[np.float64], elements_mm: Points, sound_speed_m_per_s: float
) -> tuple[float, float, float]:
    """The aim in mm, on the side of the array to which z grows. Raises ValueError if the delays have none."""
    ahead_mm = delays_s * sound_speed_m_per_s * _MM_PER_M
    centre = elements_mm.mean(axis=0)
    unknown = _first_guess(ahead_mm, elements_mm - centre)
    for _ in range(_ITERATIONS):
        away = unknown[:3] - (elements_mm - centre)
        paths = np.linalg.norm(away, axis=1)
        jacobian = np.column_stack([away / paths[:, None], -np.ones(len(paths))])
        step, *_ = np.linalg.lstsq(jacobian, paths - (unknown[3] - ahead_mm), rcond=None)
        unknown = unknown - step
    if not np.isfinite(unknown).all():
        raise ValueError("delays of no focal point")
    aim = unknown[:3] + centre
    return float(aim[0]), float(aim[1]), float(aim[2])


def _first_guess(ahead_mm: NDArray[np.float64], elements: Points) -> NDArray[np.float64]:
    """|aim - e|^2 = (path - ahead)^2 is linear in aim, path and |aim|^2 - path^2; a flat array leaves z to the last."""
    spread = np.ptp(elements, axis=0) > _SEEN_SPREAD
    columns = [2.0 * elements[:, axis] for axis in range(3) if spread[axis]]
    matrix = np.column_stack([*columns, -2.0 * ahead_mm, -np.ones(len(ahead_mm))])
    found, *_ = np.linalg.lstsq(matrix, (elements**2).sum(axis=1) - ahead_mm**2, rcond=None)
    aim = np.zeros(3)
    aim[spread] = found[: int(spread.sum())]
    path, rest = found[-2], found[-1]
    if not spread[2]:
        aim[2] = np.sqrt(max(path**2 + rest - aim[0] ** 2 - aim[1] ** 2, 1.0))
    return np.append(aim, path)
