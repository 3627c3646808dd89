"""What the bioheat equation is solved in: property arrays of any shape, and the virtual patient's."""

import numpy as np
from attrs import frozen

from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.collapse import Collapse
from syntherm_sim.physics.grid import F32, SPACING_MM
from syntherm_sim.physics.shape import Mask
from syntherm_sim.physics.tissue import Tissue


@frozen(eq=False)
class Medium:
    """Properties on one lattice [nx, ny, nz], float32.

    held: voxels whose temperature never changes (the stirred bath). core_above: the face beyond the last z layer is
    at arterial temperature (the trunk); every other outer face is insulated. collapse: how perfusion gives way, and
    where.
    """

    spacing_mm: float
    conductivity_W_per_m_K: F32
    heat_capacity_J_per_m3_K: F32
    perfusion_W_per_m3_K: F32
    dilation: F32
    metabolic_W_per_m3: F32
    held: Mask
    core_above: bool
    collapse: tuple[Collapse, Mask] | None = None


def medium_of(anatomy: Anatomy) -> Medium:
    """The patient's medium: the bath is held, the trunk above the chest wall is at arterial temperature."""
    maps = anatomy.maps
    return Medium(
        spacing_mm=SPACING_MM,
        conductivity_W_per_m_K=maps.conductivity_W_per_m_K,
        heat_capacity_J_per_m3_K=maps.heat_capacity_J_per_m3_K,
        perfusion_W_per_m3_K=maps.perfusion_W_per_m3_K,
        dilation=maps.dilation,
        metabolic_W_per_m3=maps.metabolic_W_per_m3,
        held=anatomy.mask(Tissue.WATER, Tissue.GEL),
        core_above=True,
        collapse=None if anatomy.collapse is None else (anatomy.collapse, anatomy.mask(Tissue.TUMOUR)),
    )


def padded(array: F32) -> F32:
    """A copy with one voxel of zeros on every side."""
    return np.ascontiguousarray(np.pad(array, 1), dtype=np.float32)


def face_conductance(medium: Medium, axis: int) -> F32:
    """Padded conductances of the faces to the next voxel along an axis, W/m3/K; 0 on insulated outer faces."""
    k = np.moveaxis(medium.conductivity_W_per_m_K.astype(np.float64), axis, 0)
    per_area = 1.0 / (medium.spacing_mm * 1e-3) ** 2
    result = np.zeros(tuple(n + 2 for n in medium.conductivity_W_per_m_K.shape))
    along = np.moveaxis(result, axis, 0)
    along[1:-2, 1:-1, 1:-1] = per_area * 2.0 * k[:-1] * k[1:] / (k[:-1] + k[1:])
    if medium.core_above and axis == 2:
        # The trunk's temperature stands on the face itself: half a voxel away.
        along[-2, 1:-1, 1:-1] = 2.0 * per_area * k[-1]
    return np.ascontiguousarray(result, dtype=np.float32)
