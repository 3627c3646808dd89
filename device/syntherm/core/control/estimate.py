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
class Cells:
    """One image on the lattice: rise, degC, its own and its shared standard uncertainty, and which cells are seen."""

    rise: Vector
    own: Vector
    common: Vector
    seen: Vector


@attrs.frozen(eq=False)
class Estimate:
    """`rise`, degC, and `source`, degC/s, in each cell, at the moment when the last image was measured."""

    rise: Vector
    source: Vector
    acquired_s: float


def cells_of(thermal: Thermal, lattice: Lattice, baseline_degC: float) -> Cells:
    """The mean over the valid voxels of each cell; a cell without any is not seen, and its numbers mean nothing."""
    valid = thermal.validity[lattice.voxels] == Reason.VALID
    voxels, cells = lattice.voxels[valid], lattice.cell_of[valid]
    count = np.bincount(cells, minlength=lattice.cells).astype(np.float64)
    some = np.maximum(count, 1.0)

    def mean(values: Vector) -> Vector:
        return np.bincount(cells, weights=values, minlength=lattice.cells) / some

    common2 = thermal.common_degC[voxels].astype(np.float64) ** 2
    own2 = np.maximum(thermal.uncertainty_degC[voxels].astype(np.float64) ** 2 - common2, 0.0)
    rise = mean(thermal.temperature_degC[voxels].astype(np.float64)) - baseline_degC
    return Cells(rise, np.sqrt(mean(own2) / some), np.sqrt(mean(common2)), (count > 0.0).astype(np.float64))


def first_estimate(cells: Cells, acquired_s: float) -> Estimate:
    """What one image alone says; what is not seen is taken as unheated."""
    return Estimate(np.where(cells.seen > 0.0, cells.rise, 0.0), np.zeros(len(cells.rise)), acquired_s)


def carried(
    model: ThermalModel, rise: Vector, source: Vector, lents: tuple[Lent, ...], from_s: float, to_s: float
) -> Vector:
    """The rise at `to_s`, from that at `from_s`, under the leases that sounded in between."""
    ends = {moment for lent in lents for moment in (lent.from_s, lent.until_s) if from_s < moment < to_s}
    moments = [from_s, *sorted(ends), to_s]
    for begins_s, ends_s in pairwise(moments):
        heat = source
        for lent in lents:
            if lent.from_s <= begins_s and ends_s <= lent.until_s:
                heat = heat + model.heating @ lent.powers_W
        rise = model.advanced(rise, heat, ends_s - begins_s)
    return rise


def corrected(
    model: ThermalModel, known: Estimate, cells: Cells, lents: tuple[Lent, ...], acquired_s: float
) -> tuple[Estimate, Vector]:
    """The estimate at the new image, and the innovation: image less prediction, 0 where nothing is seen."""
    elapsed_s = acquired_s - known.acquired_s
    expected = carried(model, known.rise, known.source, lents, known.acquired_s, acquired_s)
    innovation = np.where(cells.seen > 0.0, cells.rise - expected, 0.0)
    source = known.source + SOURCE_GAIN / elapsed_s * innovation
    limited = np.clip(source, -SOURCE_LIMIT_DEGC_PER_S, SOURCE_LIMIT_DEGC_PER_S)
    return Estimate(expected + RISE_GAIN * innovation, limited, acquired_s), innovation
