"""The published set of virtual patients on whom controllers are compared: a seed and what is unusual about the day.

Every controller meets the same patient, the same field and the same noise. The order is fixed: the first N are the
same for every N.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.plan.values import Plan, Target
from syntherm_sim.patient import Day
from syntherm_sim.physics.anatomy import Anatomy, breast, property_maps
from syntherm_sim.physics.disturbance import Disturbance
from syntherm_sim.physics.grid import mesh_mm
from syntherm_sim.physics.movement import Movement
from syntherm_sim.physics.tissue import PROPERTIES, Tissue

LONGEST_ALONG_Z_MM: Final = 14.0
"""The images end at 15 mm below the centre, and the pectoral muscle begins at 21 mm above: no target is taller."""
DRAWN_RADIUS_MM: Final = 9.5
LATTICE_OF_RADIUS: Final = 4.0 / 9.5
"""Spacing of the focal points over the target's mean radius, as in the demonstration plan: about 120 points."""


@attrs.frozen
class Case:
    """One virtual patient.

    `radius_mm`: in plane; None keeps the anatomy's own tumour of about 9.5 mm. `perfusion` and `attenuation`: factors
    on those that the seed draws. `gain_after`: factor on the beam from the end of calibration on, which nobody is told.
    `guards_lower_degC`: every guard's limit, below the demonstration plan's. `offset_mm`: added to the day's targeting
    error. `breathing`, `drift`: factors on the field's errors. Seeds in whom a guard region is too fat to be seen, or
    whose test sonication the plan does not accept, are left out: no session would heat them.
    """

    name: str
    seed: int
    radius_mm: float | None = None
    perfusion: float = 1.0
    attenuation: float = 1.0
    gain_after: float = 1.0
    guards_lower_degC: float = 0.0
    offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    breathing: float = 1.0
    drift: float = 1.0
    movement: Movement = attrs.Factory(Movement)


CASES: Final = (
    Case("nominal", 1),
    Case("tumour and breast perfused thrice", 2, perfusion=3.0),
    Case("radius 15 mm", 3, radius_mm=15.0),
    Case("perfusion a third", 33, perfusion=1.0 / 3.0),
    Case("beam 30 % stronger after calibration", 30, gain_after=1.3),
    Case("radius 20 mm, guards 3 degC lower", 14, radius_mm=20.0, guards_lower_degC=3.0),
    Case("radius 20 mm", 6, radius_mm=20.0),
    Case("focus 2.5 mm off", 7, offset_mm=(2.5, 0.0, 0.0)),
    Case("drift four times", 8, drift=4.0),
    Case("breathing twice", 9, breathing=2.0),
    Case("attenuation + 30 %", 10, attenuation=1.3),
    Case("attenuation - 30 %", 11, attenuation=0.7),
    Case("beam 30 % weaker after calibration", 12, gain_after=0.7),
    Case("radius 15 mm, perfused thrice", 13, radius_mm=15.0, perfusion=3.0),
    Case("radius 20 mm, perfusion a third", 18, radius_mm=20.0, perfusion=1.0 / 3.0),
    Case("radius 15 mm, guards 3 degC lower", 23, radius_mm=15.0, guards_lower_degC=3.0),
    Case("nominal, another", 15),
)


def anatomy_of(case: Case) -> Anatomy:
    """The seed's breast with the case's tumour and tissue."""
    drawn = breast(case.seed)
    variation = attrs.evolve(
        drawn.variation,
        perfusion=drawn.variation.perfusion * case.perfusion,
        tumour_perfusion=drawn.variation.tumour_perfusion * case.perfusion,
        attenuation=drawn.variation.attenuation * case.attenuation,
    )
    labels, fat = drawn.labels.copy(), drawn.fat_fraction.copy()
    if case.radius_mm is not None:
        x, y, z = mesh_mm()
        rx, ry, rz = _radii_mm(case.radius_mm)
        tumour = (x / rx) ** 2 + (y / ry) ** 2 + (z / rz) ** 2 <= 1.0
        labels[tumour] = Tissue.TUMOUR
        fat[tumour] = np.float32(PROPERTIES[Tissue.TUMOUR].fat_fraction.value)
    for array in (labels, fat):
        array.setflags(write=False)
    return Anatomy(labels, fat, variation, property_maps(labels, variation))


def day_of(case: Case) -> Day:
    """The field's errors of the case's day, and how the breast moves on it."""
    usual = Disturbance()
    disturbance = attrs.evolve(
        usual,
        drift_degC_per_10min=usual.drift_degC_per_10min * case.drift,
        breathing_degC=usual.breathing_degC * case.breathing,
        breathing_curvature_degC=usual.breathing_curvature_degC * case.breathing,
    )
    return Day(disturbance, case.movement)


def plan_of(case: Case, demonstration: Plan) -> Plan:
    """The demonstration plan, with the case's target and as many focal points in it."""
    guards = tuple(
        attrs.evolve(guard, max_degC=guard.max_degC - case.guards_lower_degC) for guard in demonstration.guard
    )
    plan = attrs.evolve(demonstration, guard=guards)
    if case.radius_mm is None:
        return plan
    radii = _radii_mm(case.radius_mm)
    spacing = round(LATTICE_OF_RADIUS * float(np.prod(radii)) ** (1.0 / 3.0), 1)
    return attrs.evolve(
        plan,
        target=Target((0.0, 0.0, 0.0), radii),
        sonication=attrs.evolve(plan.sonication, focal_spacing_mm=spacing),
    )


def _radii_mm(radius_mm: float) -> tuple[float, float, float]:
    return radius_mm, radius_mm, min(radius_mm, LONGEST_ALONG_Z_MM)
