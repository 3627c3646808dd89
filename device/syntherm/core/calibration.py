"""What the low-power test sonication shows: where the focus really lies, and how much one joule heats."""

import attrs
import numpy as np

from syntherm.core.bounds import Bounded
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Layout
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

_SEARCH_MM = 8.0
_FEWEST_VOXELS = 4


@attrs.frozen
class FocusResponse:
    """The response of the day.

    `rise_degC`: temperature rise of the hottest voxel. `offset_mm`: where the heat is, seen from where it was aimed.
    `rise_degC_per_J`: upper bound of the sub-voxel peak's rise per joule on one focal point. `gain`: of the thermal
    model, where two shots were fitted with it.
    """

    rise_degC: Bounded
    offset_mm: tuple[float, float, float]
    rise_degC_per_J: float
    gain: Bounded | None = None

    @property
    def distance_mm(self) -> float:
        """Length of the offset."""
        return float(np.linalg.norm(self.offset_mm))


def find_focus(thermal: Thermal, layout: Layout, plan: Plan, energy_J: float) -> FocusResponse | None:
    """The response seen in one image, `energy_J` having gone to the target's centre; None if too little is valid.

    The focus is the centroid of the rise above half its maximum, weighted by the rise, within 8 mm of the aim.
    """
    aim = np.asarray(plan.target.centre_mm)
    near = np.flatnonzero(np.linalg.norm(layout.points_mm - aim, axis=1) <= _SEARCH_MM)
    near = near[thermal.validity[near] == Reason.VALID]
    if len(near) < _FEWEST_VOXELS or not energy_J > 0.0:
        return None
    rise = thermal.temperature_degC[near].astype(np.float64) - plan.heating.baseline_degC
    hottest = int(np.argmax(rise))
    peak = float(rise[hottest])
    warm = rise >= max(0.5 * peak, 0.0)
    weights = np.maximum(rise[warm], 0.0)
    if not float(weights.sum()) > 0.0:
        return None
    centroid = (layout.points_mm[near[warm]].astype(np.float64) * weights[:, None]).sum(axis=0) / weights.sum()
    half = plan.limits.coverage_factor * float(thermal.uncertainty_degC[near[hottest]])
    offset = tuple(float(value) for value in centroid - aim)
    return FocusResponse(
        rise_degC=Bounded(peak, peak - half, peak + half),
        offset_mm=(offset[0], offset[1], offset[2]),
        rise_degC_per_J=plan.sonication.partial_volume_factor * (peak + half) / energy_J,
    )


def acceptable(response: FocusResponse | None, plan: Plan) -> bool:
    """Whether the plan accepts this response: rise within its limits on bounds, focus near enough to correct."""
    if response is None:
        return False
    wanted = plan.calibration
    return (
        response.rise_degC.lower >= wanted.min_rise_degC
        and response.rise_degC.upper <= wanted.max_rise_degC
        and response.distance_mm <= wanted.max_focus_offset_mm
    )
