"""A plan that fits the real images: the demonstration plan with their grid, field, echo time and regions.

It is made from values, not through the plan reader: the images' voxels are finer than the reader's bounds allow for
a treatment, and nobody is treated by it. Limits, uncertainties and the shift coefficient stay the demonstration's.
"""

from pathlib import Path

import attrs

from syntherm.core.plan.values import Plan
from syntherm.session.plan_file import load_plan
from syntherm_sim.images.places import Places
from syntherm_sim.images.still import Still

TEMPLATE = Path(__file__).resolve().parents[2] / "plans" / "igo-breast.toml"
ASSUMED_FIELD_T = 7.0
"""The images do not say. T2* is 32 ms if the echoes are 4 ms apart, which is brain at 7 T."""
ASSUMED_ECHO_SPACING_MS = 4.0
"""The images do not say. Echo times of 4, 8 and 12 ms stand in the usage example of the software they belong to."""


@attrs.frozen
class Acquisition:
    """How the images are taken to have been measured.

    Both figures only set how many radians a degree is written as, and are read with the same, so an error in them
    changes the noise in degC and nothing else.
    """

    field_T: float
    echo_time_ms: float


def read_template() -> Plan:
    """The demonstration plan. Raises PlanFileRefused or PlanRefused if it cannot be read."""
    plan, _ = load_plan(TEMPLATE)
    return plan


def fit_plan(template: Plan, still: Still, places: Places, acquisition: Acquisition, *, watched: bool = False) -> Plan:
    """The template with the images' grid and regions; `watched`: thermometry watches itself as in a treatment."""
    count_x, count_y, count_z = still.volume.shape
    scanner = attrs.evolve(
        template.scanner,
        field_T=acquisition.field_T,
        echo_time_ms=acquisition.echo_time_ms,
        matrix=(count_x, count_y, count_z),
        voxel_mm=still.voxel_mm,
        first_voxel_mm=(0.0, 0.0, 0.0),
    )
    return attrs.evolve(
        template,
        scanner=scanner,
        target=places.target,
        guard=(places.guard,),
        reference=places.references,
        calibration_proof=None,
        thermometry=template.thermometry if watched else None,
    )
