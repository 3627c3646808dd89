"""What is added to the uncertainty of an image: movement that was corrected, fat that is warm, a peak that hides.

Facts: heated fat shifts the field of the water around it by up to 4 to 5 degC of apparent temperature, and fat
suppression does not help; a voxel of 2 x 2 x 6 mm hides more than half of a sharp peak.
"""

import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan, Vigilance
from syntherm.core.thermometry.anchor import Anchor, reach_of
from syntherm.core.thermometry.motion import Placing
from syntherm.core.thermometry.neighbours import box_sum, slope
from syntherm.core.thermometry.thermometer import Doubt
from syntherm.core.thermometry.validity import Reason, Validity

Map = NDArray[np.float32]
_SMOOTH = (1, 1, 0)
_SMOOTHED_NOISE = 0.1
"""Variance that a central difference of a 3 x 3 mean keeps of the voxels' own: (1/9 + 1/9) / 4, and two axes."""


def doubt_of(
    anchor: Anchor, placing: Placing, rise_degC: Map, validity: Validity, noise_degC2: Map, noise_ratio: float,
    plan: Plan, watching: Vigilance,
) -> Doubt:  # fmt: skip
    """All of it. `noise_degC2`: variance that noise alone gives each voxel of this image."""
    return Doubt(
        common_rad2=_movement_rad2(anchor, placing, plan, watching),
        common_degC2=_fat_degC2(anchor, rise_degC, validity, plan, watching),
        own_degC2=_hidden_degC2(rise_degC, validity, noise_degC2, plan, watching),
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
    """Fat is taken as warm as the water that is seen around it."""
    shape, reach = plan.scanner.matrix, reach_of(watching.fat_reach_mm, plan.scanner.voxel_mm)
    valid = (validity == Reason.VALID).astype(np.float32)
    known = box_sum((rise_degC * valid).reshape(shape), reach)
    count = box_sum(valid.reshape(shape), reach)
    warm = (known / np.maximum(count, 1.0)).reshape(-1)
    return np.asarray((np.float32(watching.fat_error) * anchor.fat_near * warm) ** 2, dtype=np.float32)


def _hidden_degC2(rise_degC: Map, validity: Validity, noise_degC2: Map, plan: Plan, watching: Vigilance) -> Map:
    """A share of the change from voxel to voxel, of which noise has been taken off; smoothed within the slice."""
    shape = plan.scanner.matrix
    valid = (validity == Reason.VALID).astype(np.float32)
    count = np.maximum(box_sum(valid.reshape(shape), _SMOOTH), 1.0)
    smooth = np.asarray(box_sum((rise_degC * valid).reshape(shape), _SMOOTH) / count, dtype=np.float32)
    across, along = (slope(smooth, axis, 1.0).reshape(-1) for axis in (0, 1))
    over = np.maximum(across**2 + along**2 - _SMOOTHED_NOISE * noise_degC2, 0.0)
    return np.asarray(np.float32(watching.gradient_share**2) * over * valid, dtype=np.float32)
