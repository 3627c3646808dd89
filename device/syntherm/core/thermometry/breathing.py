"""Respiration: the ways in which its field moves, learned in calibration, and how far along them an image is.

A multi-baseline of low order. What drift correction leaves in the baseline images is pooled over neighbours, and its
principal ways of varying ("modes") are kept where they stand clear of noise. Where an image lies along them is told by
the reference regions alone: the same breath that bends the field in tissue shifts and tilts it there, and nothing is
heated there. So no heat is ever taken for a breath. What changes slowly in the reference regions is drift.
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
_LEAST_SINGULAR = 0.05
"""Ways in which the reference regions hardly varied say nothing, over the one in which they varied most."""


@attrs.frozen(eq=False)
class Modes:
    """`shape_rad` [m, voxels]: the field of one standard score. `scores_of` [m, 4]: scores by the reference's field.

    `usual` [4]: the reference regions' mean field, and `depth_rad` how far its mean strayed from that. `corrected`:
    whether the modes move the target's field enough to be taken out; smaller ones are left in the uncertainty.
    """

    shape_rad: Rows
    scores_of: Vector
    usual: Vector
    depth_rad: float
    corrected: bool


def learn_modes(
    pooled_rad: Rows, fields_rad: Vector, noise_rad2: Rows, quiet: Indices, target: Indices, floor_rad: float
) -> Modes:
    """Modes of `pooled_rad` [images, voxels], whose noise has the variance `noise_rad2` [voxels].

    `fields_rad` [images, 4]: the drift's coefficients in the reference regions. Modes that move the target's field by
    no more than `floor_rad` are not taken out.
    """
    centred = (pooled_rad - pooled_rad.mean(axis=0)).astype(np.float64)
    unit = centred[:, quiet] / np.sqrt(np.maximum(noise_rad2[quiet], 1e-12))
    values, vectors = np.linalg.eigh(unit @ unit.T / len(quiet))
    strongest = np.argsort(values)[::-1][:_MOST_MODES]
    kept = [index for index in strongest if values[index] > _STANDS_CLEAR * _noise_edge(len(values))]
    scores = vectors[:, kept] * sqrt(len(values))
    shape = (scores.T @ centred / len(values)).astype(np.float32)
    usual = fields_rad.mean(axis=0)
    apart = fields_rad - usual
    solved = np.linalg.lstsq(apart, scores, rcond=_LEAST_SINGULAR)[0]
    return Modes(
        shape_rad=shape,
        scores_of=np.asarray(solved.T, dtype=np.float64),
        usual=usual,
        depth_rad=float(np.abs(apart[:, 0]).max()),
        corrected=_largest(shape, scores, target) > floor_rad,
    )


def _noise_edge(images: int) -> float:
    # Pooled over 25 voxels, hundreds of independent patches are left: the largest eigenvalue of noise stays below 2.
    return 1.0 + 1.0 / sqrt(images)


def _largest(shape: Rows, scores: Vector, target: Indices) -> float:
    """Median size over the target of the largest field, rad."""
    sizes = [float(np.median(np.abs(score @ shape[:, target]))) for score in scores] if shape.size else []
    return max([0.0, *sizes])


def breath_field(modes: Modes, apart_rad: Vector) -> Rows:
    """The phase, rad per voxel, of the breath that moved the reference regions' field by `apart_rad` [4]."""
    return np.asarray((modes.scores_of @ apart_rad).astype(np.float32) @ modes.shape_rad, dtype=np.float32)
