"""The two lattices, and the exact average that joins them.

Coordinates are millimetres (x, y, z) about the planned target centre; the patient is prone and z rises from the
nipple to the chest wall. Arrays are indexed [ix, iy, iz], C order.

A scanner slice is 6 mm thick, so it holds exactly three physics voxels only where their centres are even (a slice
centred at -12 mm holds -14, -12 and -10 mm). In plane both lattices have 2 mm voxels with odd centres. Hence:

=========  ============  ===============  =============================  ==============
lattice    matrix        voxel (mm)       first voxel centre (mm)        last (mm)
=========  ============  ===============  =============================  ==============
physics    72 x 72 x 48  2 x 2 x 2        (-71, -71, -48)                (71, 71, 46)
scanner    60 x 60 x 7   2 x 2 x 6        (-59, -59, -12)                (59, 59, 24)
=========  ============  ===============  =============================  ==============
"""

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Point = tuple[float, float, float]

SHAPE = (72, 72, 48)
SPACING_MM = 2.0
FIRST_MM: Point = (-71.0, -71.0, -48.0)

SCANNER_SHAPE = (60, 60, 7)
SCANNER_SPACING_MM: Point = (2.0, 2.0, 6.0)
SCANNER_FIRST_MM: Point = (-59.0, -59.0, -12.0)

VOXELS_PER_SLICE = 3
SCANNER_REGION = (slice(6, 66), slice(6, 66), slice(17, 38))


def axis_mm(axis: int) -> F64:
    """Voxel centres of the physics lattice along one axis (0, 1, 2), mm."""
    return FIRST_MM[axis] + SPACING_MM * np.arange(SHAPE[axis], dtype=np.float64)


def scanner_axis_mm(axis: int) -> F64:
    """Voxel centres of the scanner lattice along one axis (0, 1, 2), mm."""
    return SCANNER_FIRST_MM[axis] + SCANNER_SPACING_MM[axis] * np.arange(SCANNER_SHAPE[axis], dtype=np.float64)


def mesh_mm() -> tuple[F64, F64, F64]:
    """Broadcastable x (72,1,1), y (1,72,1) and z (1,1,48), mm."""
    return axis_mm(0)[:, None, None], axis_mm(1)[None, :, None], axis_mm(2)[None, None, :]


def require_shape(name: str, array: F32 | NDArray[np.uint8], shape: tuple[int, ...] = SHAPE) -> None:
    """Raise ValueError when an array is not on the expected lattice."""
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, found {array.shape}")


def to_scanner_grid(field: F32) -> F32:
    """Average a physics field [72, 72, 48] over each scanner voxel: float32 [60, 60, 7], same unit."""
    require_shape("field", field)
    block = field[SCANNER_REGION].reshape(*SCANNER_SHAPE, VOXELS_PER_SLICE)
    return np.asarray(block.mean(axis=3, dtype=np.float64), dtype=np.float32)
