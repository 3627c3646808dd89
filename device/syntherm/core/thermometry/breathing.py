"""Respiration: the ways in which its field moves, learned in calibration, and how far along them an image is.

A multi-baseline of low order. What drift correction leaves in the baseline images is pooled over neighbours, and its
principal ways of varying ("modes") are kept where they stand clear of noise; an image is matched against them in
unheated tissue only, after what changes slowly there (heat) has been taken off. So a mode takes no slow heat away, and
never more than breathing did in calibration.
Facts: breathing moves the breast's field by 13 degC of apparent temperature; it must be matched, not averaged.
"""

from math import sqrt

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.thermometry.regions import Indices

Vector = NDArray[np.float64]
Rows = NDArray[np.float32]
_MOST_MODES = 2
_STANDS_CLEAR = 4.0
"""A mode's variance over that of pooled noise."""
_WEIGHT_OF_PRIOR = 1.0


@attrs.frozen(eq=False)
class Modes:
    """`shape_rad` [m, voxels]: the field of one standard score; `range_rad`: the largest that calibration saw, as the
    median size of the field over the target's voxels. `solve` [m, q] takes the score from the quiet voxels.
    `corrected`: whether the modes are large enough to be taken out; smaller ones tell a strange breath and are left
    in the uncertainty, since what looks like a small breath may be heat.
    """

    shape_rad: Rows
    solve: Rows
    most: Vector
    range_rad: float
    corrected: bool


@attrs.frozen
class Breath:
    """Where an image lies: scores after they were cut to the learned range; `field_rad`: size before, at the target."""

    scores: tuple[float, ...]
    field_rad: float


def learn_modes(
    pooled_rad: Rows, noise_rad2: Rows, quiet: Indices, target: Indices, weight: Rows, floor_rad: float
) -> Modes:
    """Modes of `pooled_rad` [images, voxels], whose noise has the variance `noise_rad2` [voxels].

    `weight` [q]: one over the noise of a single voxel of a single image in each quiet voxel. Modes that move the
    target's field by no more than `floor_rad` are not taken out.
    """
    centred = (pooled_rad - pooled_rad.mean(axis=0)).astype(np.float64)
    unit = centred[:, quiet] / np.sqrt(np.maximum(noise_rad2[quiet], 1e-12))
    values, vectors = np.linalg.eigh(unit @ unit.T / max(len(quiet), 1))
    strongest = np.argsort(values)[::-1][:_MOST_MODES]
    kept = [index for index in strongest if values[index] > _STANDS_CLEAR * _noise_edge(len(values))]
    scores = vectors[:, kept] * np.sqrt(len(values))
    shape = (scores.T @ centred / len(values)).astype(np.float32)
    most = np.asarray(np.abs(scores).max(axis=0, initial=0.0), dtype=np.float64)
    size = _range(shape, scores, target)
    return Modes(shape, _solver(shape[:, quiet], weight), most, size, size > floor_rad)


def _noise_edge(images: int) -> float:
    # Pooled over 25 voxels, hundreds of independent patches are left: the largest eigenvalue of noise stays below 2.
    return 1.0 + 1.0 / sqrt(max(images, 1))


def _solver(shape: Rows, weight: Rows) -> Rows:
    weighted = shape.astype(np.float64) * (weight.astype(np.float64) ** 2)
    normal = weighted @ shape.T + _WEIGHT_OF_PRIOR * np.eye(len(shape))
    return np.asarray(np.linalg.solve(normal, weighted), dtype=np.float32)


def _range(shape: Rows, scores: Vector, target: Indices) -> float:
    sizes = [_size(np.asarray(score @ shape[:, target], dtype=np.float64)) for score in scores]
    return max([0.0, *sizes])


def _size(field_rad: Vector) -> float:
    return float(np.median(np.abs(field_rad))) if field_rad.size else 0.0


def match(modes: Modes, fast_rad: Rows, target: Indices, factor: float) -> Breath:
    """Breath from the fast part of an image's phase in the quiet voxels; cut to `factor` times what was seen."""
    raw = modes.solve.astype(np.float64) @ fast_rad
    cut = np.clip(raw, -factor * modes.most, factor * modes.most)
    return Breath(tuple(float(score) for score in cut), _size(raw @ modes.shape_rad[:, target]))


def field_of(modes: Modes, breath: Breath) -> Rows:
    """The phase, rad per voxel, that a breath explains."""
    return np.asarray(np.asarray(breath.scores, dtype=np.float32) @ modes.shape_rad, dtype=np.float32)


def largest(modes: Modes, voxels: Indices) -> Rows:
    """The largest field, rad, that calibration's breathing made in these voxels, at most."""
    return np.asarray(modes.most @ np.abs(modes.shape_rad[:, voxels]), dtype=np.float32)
