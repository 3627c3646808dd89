"""What the model believes of the tissue: temperature rise and an unknown source in each cell, corrected by each image.

The source is the disturbance that makes the controller free of offset: whatever warms or cools a cell and is not in the
model (a wrong gain, a vessel, a shifted focus) is estimated as constant heat and counted on from then on.
"""

from itertools import pairwise
from typing import Final

import attrs
import numpy as np

from syntherm.core.control.lattice import Lattice, Vector
from syntherm.core.control.remembering import Lent
from syntherm.core.control.thermal_model import ThermalModel
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

RISE_GAIN: Final = 0.30
SOURCE_GAIN: Final = 0.04
"""Per image: critically damped, the source follows within about five images."""
SOURCE_LIMIT_DEGC_PER_S: Final = 0.2
KEPT_NOISE: Final = RISE_GAIN / (2.0 - RISE_GAIN)
"""Part of an image's own noise variance that the filtered temperature keeps."""


@attrs.frozen(eq=False)
class Blocks:
    """One image on the lattice: rise, degC, its own and its shared standard uncertainty, and which blocks are seen."""

    rise: Vector
    own: Vector
    common: Vector
    seen: Vector


@attrs.frozen(eq=False)
class Heated:
    """One lease as the model has it: modes of its heat, degC/s, between two moments of the session, s."""

    heat: Vector
    from_s: float
    until_s: float


@attrs.frozen(eq=False)
class Estimate:
    """`rise`, degC, and `source`, degC/s, in each cell, at the moment when the last image was measured; their modes."""

    rise: Vector
    source: Vector
    acquired_s: float
    rise_modes: Vector
    source_modes: Vector

    @classmethod
    def of(cls, model: ThermalModel, rise: Vector, source: Vector, acquired_s: float) -> "Estimate":
        """With the modes of both."""
        modes = model.sines.turned(np.stack([rise, source]))
        return cls(rise, source, acquired_s, modes[0], modes[1])


def blocks_of(thermal: Thermal, lattice: Lattice, baseline_degC: float) -> Blocks:
    """The mean over the valid voxels of each block; one without any is not seen, and its numbers mean nothing."""
    valid = thermal.validity[lattice.voxels] == Reason.VALID
    voxels, blocks = lattice.voxels[valid], lattice.block_of[valid]
    count = np.bincount(blocks, minlength=lattice.blocks).astype(np.float64)
    some = np.maximum(count, 1.0)

    def mean(values: Vector) -> Vector:
        return np.bincount(blocks, weights=values, minlength=lattice.blocks) / some

    common2 = thermal.common_degC[voxels].astype(np.float64) ** 2
    own2 = np.maximum(thermal.uncertainty_degC[voxels].astype(np.float64) ** 2 - common2, 0.0)
    rise = mean(thermal.temperature_degC[voxels].astype(np.float64)) - baseline_degC
    return Blocks(rise, np.sqrt(mean(own2) / some), np.sqrt(mean(common2)), (count > 0.0).astype(np.float64))


def first_estimate(model: ThermalModel, blocks: Blocks, acquired_s: float) -> Estimate:
    """What one image alone says; what is not seen is taken as unheated."""
    rise = model.lattice.spread(np.where(blocks.seen > 0.0, blocks.rise, 0.0))
    return Estimate.of(model, rise, np.zeros(model.lattice.cells), acquired_s)


def heated(model: ThermalModel, lent: Lent) -> Heated:
    """What a lease does by the model."""
    return Heated(model.sines.turned(model.heating @ lent.powers_W), lent.from_s, lent.until_s)


def carried(model: ThermalModel, known: Estimate, lents: tuple[Heated, ...], to_s: float) -> Vector:
    """Modes of the rise at `to_s`, under the leases that sounded since."""
    ends = {moment for lent in lents for moment in (lent.from_s, lent.until_s) if known.acquired_s < moment < to_s}
    moments = [known.acquired_s, *sorted(ends), to_s]
    modes = known.rise_modes
    for begins_s, ends_s in pairwise(moments):
        heat = known.source_modes
        for lent in lents:
            if lent.from_s <= begins_s and ends_s <= lent.until_s:
                heat = heat + lent.heat
        modes = model.faded(modes, heat, ends_s - begins_s)
    return modes


def corrected(
    model: ThermalModel, known: Estimate, blocks: Blocks, lents: tuple[Heated, ...], acquired_s: float
) -> tuple[Estimate, Vector]:
    """The estimate at the new image, and each block's innovation: image less prediction, 0 where nothing is seen."""
    lattice, elapsed_s = model.lattice, acquired_s - known.acquired_s
    expected = model.sines.turned(carried(model, known, lents, acquired_s))
    innovation = np.where(blocks.seen > 0.0, blocks.rise - lattice.seen(expected), 0.0)
    within = lattice.spread(innovation)
    source = known.source + SOURCE_GAIN / elapsed_s * within
    limited = np.clip(source, -SOURCE_LIMIT_DEGC_PER_S, SOURCE_LIMIT_DEGC_PER_S)
    return Estimate.of(model, expected + RISE_GAIN * within, limited, acquired_s), innovation
