"""Where the heat of a shot lies: the place at which the model's map fits the image best, with its uncertainty."""

from typing import Final

import attrs
import numpy as np

from syntherm.core.control.lattice import Vector
from syntherm.core.response.beam_map import read

SEARCH_MM: Final = 8.0
STEPS_MM: Final = (1.0, 0.5, 0.25)
MOST_MOVES: Final = 12
LEAST_SIGNAL: Final = 5.0
"""Heat that is not so many standard uncertainties above none is not found."""
_TINY: Final = 1e-12


@attrs.frozen(eq=False)
class Picture:
    """Rises to be fitted, degC, at voxels' centres `at_mm` (n, 3), with weights: one over the variance, 0 if unseen."""

    at_mm: Vector
    rise_degC: Vector
    weights: Vector


@attrs.frozen
class Located:
    """The place, mm, the gain (in the units of the map's model), and the standard uncertainties of both.

    `place_sd_mm`: along the axis on which it is known worst.
    """

    place_mm: tuple[float, float, float]
    place_sd_mm: float
    gain: float
    gain_sd: float


def locate(shown: Vector, picture: Picture, about_mm: Vector) -> Located | None:
    """The place within 8 mm of `about_mm` where the map fits best; None where no heat stands out.

    What all voxels have in common is left out of the fit: it may be drift.
    """
    if float(picture.weights.sum()) <= 0.0:
        return None
    grid = np.arange(-SEARCH_MM, SEARCH_MM + 1e-9, 2.0)
    around = np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), axis=-1).reshape(-1, 3)
    around = around[np.linalg.norm(around, axis=1) <= SEARCH_MM]
    place, best = _best(shown, picture, about_mm + around)
    for step_mm in STEPS_MM:
        near = np.stack(np.meshgrid(*(3 * [[-step_mm, 0.0, step_mm]]), indexing="ij"), axis=-1).reshape(-1, 3)
        for _ in range(MOST_MOVES):
            found, score = _best(shown, picture, place + near)
            if score <= best:
                break
            place, best = found, score
    if best < LEAST_SIGNAL**2:
        return None
    return _judged(shown, picture, place)


def _best(shown: Vector, picture: Picture, places_mm: Vector) -> tuple[Vector, float]:
    """The place of those that takes most off the squared misfit, and how much."""
    maps = _without_mean(read(shown, picture.at_mm[None] - places_mm[:, None]), picture.weights)
    alike = maps @ (picture.weights * _without_mean(picture.rise_degC, picture.weights))
    size = np.maximum((maps * maps) @ picture.weights, _TINY)
    scores = np.where(alike > 0.0, alike * alike / size, 0.0)
    chosen = int(np.argmax(scores))
    return places_mm[chosen], float(scores[chosen])


def _without_mean(values: Vector, weights: Vector) -> Vector:
    return np.asarray(values - (values @ weights / weights.sum())[..., None])


def _judged(shown: Vector, picture: Picture, place: Vector) -> Located:
    """Gain and uncertainties at the place, widened by what the map does not explain."""
    weights, half = picture.weights, STEPS_MM[1]
    rise = _without_mean(picture.rise_degC, weights)
    moves = np.concatenate([np.zeros((1, 3)), half * np.eye(3), -half * np.eye(3)])
    maps = _without_mean(read(shown, picture.at_mm[None] - (place + moves)[:, None]), weights)
    gain = float(maps[0] @ (weights * rise) / max(float((maps[0] * maps[0]) @ weights), _TINY))
    slopes = np.concatenate([gain * (maps[1:4] - maps[4:7]) / (2.0 * half), maps[:1]])
    known = (slopes * weights) @ slopes.T
    counted = max(int((weights > 0.0).sum()) - 5, 1)
    misfit = float(((rise - gain * maps[0]) ** 2) @ weights) / counted
    spread = np.linalg.pinv(known, hermitian=True) * max(misfit, 1.0)
    place_sd = float(np.sqrt(max(np.linalg.eigvalsh(spread[:3, :3]).max(), 0.0)))
    return Located(
        (float(place[0]), float(place[1]), float(place[2])), place_sd, gain, float(np.sqrt(max(spread[3, 3], 0.0)))
    )
