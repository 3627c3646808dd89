"""The published set of virtual patients on whom controllers are compared: a seed and what is unusual about the day.

Every controller meets the same patient, the same field and the same noise. The order is fixed: the first N are the
same for every N.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.plan.values import Plan, Target
from syntherm_sim.patient import Day
from syntherm_sim.physics.altered import with_near_skin, with_tumour
from syntherm_sim.physics.anatomy import Anatomy, breast, property_maps
from syntherm_sim.physics.array import BreastArray
from syntherm_sim.physics.collapse import Collapse
from syntherm_sim.physics.disturbance import Disturbance
from syntherm_sim.physics.droop import Droop
from syntherm_sim.physics.grid import mesh_mm
from syntherm_sim.physics.movement import Movement
from syntherm_sim.physics.sonication_artefact import SonicationArtefact
from syntherm_sim.physics.tissue import PROPERTIES, Tissue
from syntherm_sim.physics.vessel import Vessel, with_vessel

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
    error. `breathing`, `drift`: factors on the field's errors. `tumour_perfusion`: a factor on the tumour's alone.
    `irregular`: how far the tumour's radius varies, a part of it (sd); the plan knows the ellipsoid only. `skin_at_mm`:
    the breast is cut flat so far from the centre. Seeds in whom a guard region is too fat to be seen, or
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
    tumour_perfusion: float = 1.0
    irregular: float = 0.0
    skin_at_mm: float | None = None
    vessel: Vessel | None = None
    collapse: Collapse | None = None
    droop: Droop | None = None
    while_sounding: SonicationArtefact | None = None
    array: BreastArray | None = None


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
    Case("vessel 12 mm from the centre", 4, vessel=Vessel(12.0)),
    Case("tumour alone perfused thrice", 51, tumour_perfusion=3.0),
    Case("perfusion collapses", 16, collapse=Collapse()),
    Case("beam droops to 70 %", 41, droop=Droop()),
    Case("irregular tumour", 19, irregular=0.12),
    Case("radius 12 mm", 20, radius_mm=12.0),
    Case("radius 18 mm", 21, radius_mm=18.0),
    Case("moves 0.02 mm/min", 22, movement=Movement(rate_mm_per_min=(0.02, 0.0, 0.0))),
    Case("noise and 0.4 degC while the beam is on", 42, while_sounding=SonicationArtefact(1.5, 0.4)),
    Case("skin 20 mm from the centre", 45, skin_at_mm=20.0),
    Case("tumour alone perfused a third", 44, tumour_perfusion=1.0 / 3.0),
    Case("radius 15 mm, vessel 16 mm from the centre", 47, radius_mm=15.0, vessel=Vessel(16.0, 4.0)),
    Case("focus 2.5 mm off along z", 28, offset_mm=(0.0, 0.0, 2.5)),
    Case("beam 15 % stronger after calibration", 50, gain_after=1.15),
    Case("radius 15 mm, attenuation + 30 %", 31, radius_mm=15.0, attenuation=1.3),
    Case("radius 15 mm, attenuation - 30 %", 48, radius_mm=15.0, attenuation=0.7),
    Case("radius 15 mm, perfusion collapses", 34, radius_mm=15.0, collapse=Collapse()),
    Case("drift four times, breathing twice", 35, drift=4.0, breathing=2.0),
    Case("shifted by 0.8 mm at 15 min", 53, movement=Movement(900.0, (0.0, 0.8, 0.0))),
    Case("irregular, radius 15 mm, guards 2 degC lower", 37, radius_mm=15.0, irregular=0.12, guards_lower_degC=2.0),
    Case("vessel 12 mm from the centre, beam droops to 80 %", 38, vessel=Vessel(12.0, 3.0), droop=Droop(0.8)),
    Case("nominal, a third", 39),
    Case("nominal, a fourth", 40),
)


def anatomy_of(case: Case) -> Anatomy:
    """The seed's breast with the case's tumour and tissue."""
    drawn = breast(case.seed)
    variation = attrs.evolve(
        drawn.variation,
        perfusion=drawn.variation.perfusion * case.perfusion,
        tumour_perfusion=drawn.variation.tumour_perfusion * case.perfusion * case.tumour_perfusion,
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
    return _altered(case, Anatomy(labels, fat, variation, property_maps(labels, variation), case.collapse))


def _altered(case: Case, anatomy: Anatomy) -> Anatomy:
    if case.irregular > 0.0:
        radii = _radii_mm(DRAWN_RADIUS_MM if case.radius_mm is None else case.radius_mm)
        anatomy = with_tumour(anatomy, radii, case.irregular, case.seed)
    if case.skin_at_mm is not None:
        anatomy = with_near_skin(anatomy, case.skin_at_mm)
    return anatomy if case.vessel is None else with_vessel(anatomy, case.vessel)


def day_of(case: Case) -> Day:
    """The field's errors of the case's day, and how the breast moves on it."""
    usual = Disturbance()
    disturbance = attrs.evolve(
        usual,
        drift_degC_per_10min=usual.drift_degC_per_10min * case.drift,
        breathing_degC=usual.breathing_degC * case.breathing,
        breathing_curvature_degC=usual.breathing_curvature_degC * case.breathing,
        while_sounding=case.while_sounding,
    )
    return Day(disturbance, case.movement, droop=case.droop)


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
