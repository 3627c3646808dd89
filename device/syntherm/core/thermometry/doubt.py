"""What is added to the uncertainty of an image: movement that was corrected, fat that is warm, a peak that hides.

Facts: heated fat shifts the field of the water around it by up to 4 to 5 degC of apparent temperature, and fat
suppression does not help; a voxel of 2 x 2 x 6 mm hides more than half of a sharp peak.
"""

import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan, Vigilance
from syntherm.core.thermometry.anchor import Anchor, reach_of
from syntherm.core.thermometry.motion import Offset, Placing
from syntherm.core.thermometry.neighbours import box_sum
from syntherm.core.thermometry.thermometer import Doubt
from syntherm.core.thermometry.validity import Reason, Validity

Map = NDArray[np.float32]


def doubt_of(
    anchor: Anchor, placing: Placing, breath_rad: Map | None, rise_degC: Map, validity: Validity, noise_degC2: Map,
    noise_ratio: float, plan: Plan, watching: Vigilance,
) -> Doubt:  # fmt: skip
    """All of it. `breath_rad`: what was taken out for breathing. `noise_degC2`: variance by noise alone."""
    common_rad2 = _movement_rad2(anchor, placing, plan, watching)
    if breath_rad is not None:
        common_rad2 += (np.float32(watching.breathing_doubt) * breath_rad) ** 2
    return Doubt(
        common_rad2=common_rad2,
        common_degC2=_fat_degC2(anchor, rise_degC, validity, plan, watching),
        own_degC2=_hidden_degC2(rise_degC, validity, noise_degC2, placing.image_mm, plan, watching),
        noise_ratio=noise_ratio,
    )


def _movement_rad2(anchor: Anchor, placing: Placing, plan: Plan, watching: Vigilance) -> Map:
    """The displacement's uncertainty down the phase's slope, the part of the phase that may not move, interpolation."""
    total = np.zeros(anchor.along_rad_per_mm.shape[1], dtype=np.float32)
    carried = np.zeros_like(total)
    for axis, spacing in enumerate(plan.scanner.voxel_mm):
        total += (anchor.along_rad_per_mm[axis] * np.float32(placing.sd_mm[axis])) ** 2
        between = abs(placing.offset_mm[axis]) / spacing % 1.0
        if between > 0.0:
            total += (anchor.bend[axis] * np.float32(between * (1.0 - between) / 2.0)) ** 2
        if placing.own_mm[axis] != 0.0:
            carried += anchor.smooth_rad_per_mm[axis] * np.float32(placing.own_mm[axis])
    return total + (np.float32(watching.moving_phase_uncertainty) * carried) ** 2


def _fat_degC2(anchor: Anchor, rise_degC: Map, validity: Validity, plan: Plan, watching: Vigilance) -> Map:
    """Of the field of warm fat, taken as warm as the water that is seen around it.

    Even fat, evenly warm, makes no field: a dipole's mean over all directions is nothing. What is uneven in its warmth
    within reach does, by the plan's share of its SD.
    """
    shape, reach = plan.scanner.matrix, reach_of(watching.fat_reach_mm, plan.scanner.voxel_mm)
    valid = validity == Reason.VALID
    # Two sums in one pass, as real and imaginary part: first the rise and its count, then the mean and mean square.
    both = np.where(valid, rise_degC + np.complex64(1j), np.complex64(0.0)).reshape(shape)
    total = box_sum(both, reach)
    warm_fat = anchor.fat.reshape(shape) * (total.real / np.maximum(total.imag, np.float32(1.0)))
    mean = box_sum(np.asarray(warm_fat + np.complex64(1j) * warm_fat * warm_fat, np.complex64), reach)
    mean = mean.reshape(-1) / anchor.near
    uneven2 = np.maximum(mean.imag - mean.real * mean.real, np.float32(0.0))
    return np.asarray(np.float32(watching.fat_error**2) * uneven2, dtype=np.float32)


def _hidden_degC2(
    rise_degC: Map, validity: Validity, noise_degC2: Map, image_mm: Offset, plan: Plan, watching: Vigilance
) -> Map:
    """The change from voxel to voxel within the slice, noise taken off, times how far off a voxel's place may be.

    That is the plan's share of a voxel, and as far as the whole image has shifted.
    """
    shape = plan.scanner.matrix
    rise, valid = rise_degC.reshape(shape), (validity == Reason.VALID).reshape(shape)
    total = np.zeros(shape, dtype=np.float32)
    for axis in (0, 1):
        voxels2 = watching.gradient_share**2 + (image_mm[axis] / plan.scanner.voxel_mm[axis]) ** 2
        # The half step between two neighbours has half the variance of one voxel's noise.
        over = _step2(rise, valid, axis) - np.float32(0.5) * noise_degC2.reshape(shape)
        total += np.float32(voxels2) * over
    return np.maximum(total, np.float32(0.0)).reshape(-1)


def _step2(rise: Map, valid: NDArray[np.bool_], axis: int) -> Map:
    """Square of half the step between a voxel's neighbours, where both are valid."""
    moved, known = np.moveaxis(rise, axis, 0), np.moveaxis(valid, axis, 0)
    out = np.zeros_like(moved)
    step = (moved[2:] - moved[:-2]) * np.float32(0.5)
    out[1:-1] = np.where(known[2:] & known[:-2], step * step, np.float32(0.0))
    return np.moveaxis(out, 0, axis)
