"""The plan's table of a test sonication that proves itself."""

from typing import Annotated

import attrs

from syntherm.core.plan.quantity import Quantity


@attrs.frozen
class CalibrationProof:
    """How the test sonication proves itself: two shots, the second at the corrected point, and what they must show.

    The first `probe_frames` leases have `probe_power_W`. What their images show sets the power of the shots, each of
    `shot_frames` leases, so that the hottest voxel rises by `planned_rise_degC`, and never above `shot_power_W`; behind
    each shot `cooling_frames` images are taken without energy. Power and number of a single test shot are not used.
    Coverage is the share of the target from `covered_min_degC` to `covered_max_degC`; below `wanted_coverage`, people
    are warned.
    """

    probe_power_W: Annotated[float, Quantity("W", 0.2, 20.0)]
    probe_frames: Annotated[int, Quantity("1", 1, 10)]
    shot_power_W: Annotated[float, Quantity("W", 0.5, 60.0)]
    shot_frames: Annotated[int, Quantity("1", 2, 40)]
    planned_rise_degC: Annotated[float, Quantity("degC", 0.3, 4.0)]
    cooling_frames: Annotated[int, Quantity("1", 2, 40)]
    max_remaining_offset_mm: Annotated[float, Quantity("mm", 0.2, 5.0)]
    min_gain_degC_per_J: Annotated[float, Quantity("degC/J", 0.0001, 1.0)]
    max_gain_degC_per_J: Annotated[float, Quantity("degC/J", 0.0001, 1.0)]
    max_gain_difference: Annotated[float, Quantity("1", 0.02, 1.0)]
    min_time_constant_s: Annotated[float, Quantity("s", 2.0, 600.0)]
    max_time_constant_s: Annotated[float, Quantity("s", 2.0, 600.0)]
    max_scatter_degC: Annotated[float, Quantity("degC", 0.05, 2.0)]
    covered_min_degC: Annotated[float, Quantity("degC", 38.0, 43.0)]
    covered_max_degC: Annotated[float, Quantity("degC", 39.0, 44.0)]
    wanted_coverage: Annotated[float, Quantity("1", 0.0, 1.0)]
