"""A region's temperatures as bounds: mean, hot10, cold90 and the hottest upper bound.

`t_hot10` is exceeded by 10 % of the region's voxels and `t_cold90` by 90 %. Their bounds are order statistics
at k binomial standard deviations (free of any assumed distribution), widened by what all voxels share. Voxel
noise spreads temperatures that lie around one centre, which moves hot10 up and cold90 down: towards caution. It
does not where hardly more than a tenth of the region is much hotter than the rest: `hottest` bounds that tenth.
"""

from math import ceil, floor, sqrt

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

_FEWEST_VOXELS = 4


@attrs.frozen
class Summary:
    """One region in one image, in degC. `hottest` bounds the hottest valid voxel."""

    name: str
    voxels: int
    valid: int
    mean: Bounded
    hot10: Bounded
    cold90: Bounded
    hottest: Bounded

    @property
    def valid_fraction(self) -> float:
        """Share of the region that has a temperature; 0 for an empty region."""
        return self.valid / self.voxels if self.voxels else 0.0


def exceeded_by(fraction: float, ascending: NDArray[np.float64], k: float, common_degC: float) -> Bounded:
    """The value that `fraction` of the sorted sample exceeds, with bounds at coverage factor k."""
    count = len(ascending)
    below = 1.0 - fraction
    spread = k * sqrt(count * fraction * below)

    def at(rank: float) -> float:
        return float(ascending[min(max(round(rank), 0), count - 1)])

    middle = below * (count - 1)
    estimate = at(middle)
    lower, upper = at(floor(middle - spread)), at(ceil(middle + spread))
    return Bounded(estimate, lower - k * common_degC, upper + k * common_degC)


def summarise(region: Region, thermal: Thermal, k: float) -> Summary:
    """Bounds over the valid voxels of a region; all UNKNOWN when hardly any voxel is valid."""
    valid = region.voxels[thermal.validity[region.voxels] == Reason.VALID]
    if len(valid) < _FEWEST_VOXELS:
        return Summary(region.name, len(region.voxels), len(valid), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    values = thermal.temperature_degC[valid].astype(np.float64)
    total2 = thermal.uncertainty_degC[valid].astype(np.float64) ** 2
    common2 = thermal.common_degC[valid].astype(np.float64) ** 2
    common = sqrt(float(common2.mean()))
    own2 = float((total2 - common2).sum()) / len(valid) ** 2
    mean, half = float(values.mean()), k * sqrt(own2 + common**2)
    ascending = np.sort(values)
    upper = values + k * np.sqrt(total2)
    hottest = int(np.argmax(upper))
    peak, peak_upper = float(values[hottest]), float(upper[hottest])
    return Summary(
        name=region.name,
        voxels=len(region.voxels),
        valid=len(valid),
        mean=Bounded(mean, mean - half, mean + half),
        hot10=exceeded_by(0.1, ascending, k, common),
        cold90=exceeded_by(0.9, ascending, k, common),
        hottest=Bounded(peak, 2.0 * peak - peak_upper, peak_upper),
    )
