"""What an image cannot show: the peak between the points of its lattice, just after the beam has been on one point."""

import attrs
import numpy as np

from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.array import BreastArray
from syntherm_sim.physics.array_heat import focus_of
from syntherm_sim.physics.bioheat import ARTERIAL_DEGC, Bioheat
from syntherm_sim.physics.grid import F32, SCANNER_SPACING_MM, SPACING_MM, Point
from syntherm_sim.physics.medium import Medium, medium_of

MIDDLE_OF_A_VOXEL_MM: Point = (1.0, 1.0, 0.0)
"""Of the scanner's lattice: where its voxel shows most of a focus."""


@attrs.frozen
class SubVoxel:
    """Rises after so long under the beam, degC: at the hottest fine point, and the mean of the scanner's voxel."""

    peak_degC: float
    shown_degC: float

    @property
    def factor(self) -> float:
        """The peak over what is shown."""
        return self.peak_degC / self.shown_degC


def sub_voxel(
    anatomy: Anatomy, array: BreastArray, power_W: float, seconds: float, fine: int = 8, aimed_mm: Point | None = None
) -> SubVoxel:
    """Warm the box about the focus on its fine points; its faces are insulated, and seconds do not reach them."""
    aimed = MIDDLE_OF_A_VOXEL_MM if aimed_mm is None else aimed_mm
    focus, whole = focus_of(anatomy, aimed, array, fine), medium_of(anatomy)

    def finely(values: F32) -> F32:
        part = values[focus.box]
        for axis in range(3):
            part = np.repeat(part, fine, axis=axis)
        return part

    medium = Medium(
        SPACING_MM / fine,
        finely(whole.conductivity_W_per_m_K),
        finely(whole.heat_capacity_J_per_m3_K),
        finely(whole.perfusion_W_per_m3_K),
        finely(whole.dilation),
        np.zeros(focus.heat_W_per_m3.shape, dtype=np.float32),
        np.zeros(focus.heat_W_per_m3.shape, dtype=np.bool_),
        core_above=False,
    )
    tissue = Bioheat(medium, np.full(focus.heat_W_per_m3.shape, ARTERIAL_DEGC, dtype=np.float32))
    tissue.advance(np.asarray(focus.heat_W_per_m3 * power_W, dtype=np.float32), seconds)
    rise = tissue.temperature_degC.astype(np.float64) - ARTERIAL_DEGC
    middle = MIDDLE_OF_A_VOXEL_MM
    near = [
        np.abs(axis - at) < size / 2 for axis, at, size in zip(focus.axes_mm, middle, SCANNER_SPACING_MM, strict=True)
    ]
    return SubVoxel(float(rise.max()), float(rise[np.ix_(*near)].mean()))
