"""A large vessel: a cylinder of arterial blood that takes heat away however much comes.

    w = 4 Nu k_blood / D^2,   W/m3/K within the cylinder

That is the heat a wall at T gives to blood at arterial temperature, h pi D (T - T_arterial) per length with
h = Nu k / D, spread over the cylinder's section. Nu = 4 is that of developed laminar flow (3.66 at a constant wall
temperature, 4.36 at a constant flux: textbook). A voxel that is only partly vessel has that part of the sink. Limits:
blood does not warm along its way (true of arteries of this size over centimetres); no flow in images; sound passes as
if it were not there. The lattice's own 2 mm add a resistance of the order of the wall's.
"""

from typing import Final

import attrs
import numpy as np

from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.grid import F32, F64, SHAPE, SPACING_MM, axis_mm
from syntherm_sim.physics.tissue import Tissue

NUSSELT: Final = 4.0
BLOOD_W_PER_M_K: Final = 0.52
"""Recalled (IT'IS style), unverified."""
_FINE: Final = 10


@attrs.frozen
class Vessel:
    """Runs along z at `beside_mm` from the target's centre along y, inside the breast only."""

    beside_mm: float
    diameter_mm: float = attrs.field(default=3.5, validator=attrs.validators.gt(0.0))

    @property
    def sink_W_per_m3_K(self) -> float:
        """Heat that the section takes away per degree above arterial temperature."""
        return 4.0 * NUSSELT * BLOOD_W_PER_M_K / (self.diameter_mm * 1e-3) ** 2


def with_vessel(anatomy: Anatomy, vessel: Vessel) -> Anatomy:
    """The same patient with a vessel. Labels, signal and sound are as they were."""
    share = np.broadcast_to(_share(vessel)[:, :, None], SHAPE)
    share = np.where(anatomy.mask(Tissue.WATER, Tissue.GEL, Tissue.SKIN), 0.0, share)
    maps = anatomy.maps
    tissue = (1.0 - share) * maps.perfusion_W_per_m3_K
    perfusion = tissue + share * vessel.sink_W_per_m3_K
    # A vessel this large does not open with temperature: only the tissue's part does.
    opened = np.divide(tissue * (maps.dilation - 1.0), perfusion, out=np.zeros(SHAPE), where=perfusion > 0.0)
    changed = attrs.evolve(
        maps,
        perfusion_W_per_m3_K=np.where(share > 0.0, _kept(perfusion), maps.perfusion_W_per_m3_K),
        dilation=np.where(share > 0.0, _kept(1.0 + opened), maps.dilation),
    )
    for array in (changed.perfusion_W_per_m3_K, changed.dilation):
        array.setflags(write=False)
    return attrs.evolve(anatomy, maps=changed)


def _share(vessel: Vessel) -> F64:
    """Part of each column of voxels [72, 72] that the vessel fills."""
    within = ((np.arange(_FINE) + 0.5) / _FINE - 0.5) * SPACING_MM
    x = (axis_mm(0)[:, None] + within).reshape(-1)
    y = (axis_mm(1)[:, None] + within).reshape(-1) - vessel.beside_mm
    inside = x[:, None] ** 2 + y[None, :] ** 2 <= (vessel.diameter_mm / 2.0) ** 2
    return np.asarray(inside.reshape(SHAPE[0], _FINE, SHAPE[1], _FINE).mean(axis=(1, 3)))


def _kept(values: F64) -> F32:
    return np.asarray(values, dtype=np.float32)
