"""What no controller can beat that sees the tissue through images: steady powers that are best for voxels' means.

The oracle of `oracle.py` knows the temperature of every 2 mm of tissue. An image shows the mean over a voxel of 6 mm:
how heat lies within it, no controller can see. So this second one makes the means even, knows their truth without
noise and the beam without error, and among powers that show the same takes the most even ones. Its span is then
measured on the tissue itself, as every controller's is. Guards and the sum of all power are left to the other oracle.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from syntherm.core.plan.values import Plan
from syntherm_sim.physics.grid import SCANNER_REGION, SCANNER_SHAPE, SHAPE, VOXELS_PER_SLICE
from syntherm_verify.bench.oracle import TENTH, Mask, NoOptimum

F64 = NDArray[np.float64]
_EVEN: Final = 1e-3
"""Weight of unevenness, over the mean diagonal of the aim."""


def voxel_of() -> NDArray[np.intp]:
    """For each voxel of the physics, the image's voxel that shows it; -1 outside of the image."""
    found = np.full(SHAPE, -1, dtype=np.intp)
    count = int(np.prod(SCANNER_SHAPE))
    found[SCANNER_REGION] = np.arange(count).reshape(SCANNER_SHAPE).repeat(VOXELS_PER_SLICE, axis=2)
    return found


def seen_span_degC(base: F64, rises: F64, tumour: Mask, shown: NDArray[np.intp], mean_degC: float, plan: Plan) -> float:
    """hot10 - cold90 of those powers; all by kept voxel as in `least_span_degC`, `shown` as of `voxel_of`.

    Raises NoOptimum.
    """
    inside, offset = rises[tumour], base[tumour]
    _, number = np.unique(shown[tumour], return_inverse=True)
    count = np.bincount(number).astype(np.float64)
    means = np.stack([np.bincount(number, weights=column) / count for column in inside.T], axis=1)
    missing = mean_degC - np.bincount(number, weights=offset) / count
    points = rises.shape[1]
    weights = np.sqrt(count / count.sum())[:, None]
    even = np.sqrt(_EVEN * float(((weights * means) ** 2).sum(axis=0).mean()))
    apart = even * (np.eye(points) - np.full((points, points), 1.0 / points))
    found = lsq_linear(
        np.concatenate([weights * means, apart]),
        np.concatenate([weights[:, 0] * missing, np.zeros(points)]),
        bounds=(0.0, plan.sonication.max_power_W),
    )
    if not found.success:
        raise NoOptimum(f"the programme of voxels' means was not solved: {found.message}")
    cold90, hot10 = np.quantile(offset + inside @ found.x, [TENTH, 1.0 - TENTH])
    return float(hot10 - cold90)
