"""The virtual patient under the beam: anatomy, tissue that heats and cools, and what the scanner receives of it."""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.commands import FocalPower
from syntherm_sim.physics.acoustics import heat_pattern
from syntherm_sim.physics.anatomy import Anatomy, breast, with_fat_ball
from syntherm_sim.physics.array import BreastArray
from syntherm_sim.physics.bioheat import Bioheat
from syntherm_sim.physics.collapse import Collapse
from syntherm_sim.physics.disturbance import Disturbance
from syntherm_sim.physics.droop import Droop
from syntherm_sim.physics.grid import Point, mesh_mm
from syntherm_sim.physics.image_fault import Faults
from syntherm_sim.physics.movement import Movement, met_by
from syntherm_sim.physics.mr import Signal
from syntherm_sim.physics.tissue import Tissue
from syntherm_sim.physics.vessel import Vessel, with_vessel

BATH_DEGC = 35.0
"""Warmed water bath: an assumption, as no figure of the clinical system's bath was found."""
OFFSET_SD_MM = 1.2
"""Spread of the day's targeting error per axis; Deckers 2015 reports 2.4 to 2.6 mm on average (abstract read)."""


@attrs.frozen
class Day:
    """What this day does to the measurement, to where the tissue lies, and to tissue and beam themselves.

    `fat_beside_mm`: a ball of fat in the gland, so far from the target's centre along y. `array`: heat
    from its elements instead of the analytic fan.
    """

    disturbance: Disturbance = attrs.Factory(Disturbance)
    movement: Movement = attrs.Factory(Movement)
    faults: Faults | None = None
    fat_beside_mm: float | None = None
    vessel: Vessel | None = None
    collapse: Collapse | None = None
    droop: Droop | None = None
    array: BreastArray | None = None


@attrs.frozen
class Truth:
    """What really is, in degC, over the tumour's voxels; no instrument shows it."""

    mean_degC: float
    hot10_degC: float
    cold90_degC: float
    hottest_degC: float


class Patient:
    """One seeded patient on one day; `anatomy` stands in for the one that the seed draws."""

    def __init__(self, seed: int, day: Day | None = None, anatomy: Anatomy | None = None) -> None:
        day = Day() if day is None else day
        self.anatomy = breast(seed) if anatomy is None else anatomy
        if day.fat_beside_mm is not None:
            self.anatomy = with_fat_ball(self.anatomy, (0.0, day.fat_beside_mm, 0.0))
        if day.vessel is not None:
            self.anatomy = with_vessel(self.anatomy, day.vessel)
        if day.collapse is not None:
            self.anatomy = attrs.evolve(self.anatomy, collapse=day.collapse)
        self._droop, self._array = day.droop, day.array
        self.tissue = Bioheat.of(self.anatomy, BATH_DEGC)
        self.signal = Signal(self.anatomy, seed, day.disturbance, None, day.movement, day.faults)
        drawn = np.random.default_rng([seed, 11]).normal(0.0, OFFSET_SD_MM, 3)
        self.offset_mm = (float(drawn[0]), float(drawn[1]), float(drawn[2]))
        self.gain = 1.0
        self._tumour = self.anatomy.labels == Tissue.TUMOUR
        self._patterns: dict[Point, NDArray[np.float32]] = {}
        self._ellipsoids: dict[tuple[Point, Point], NDArray[np.bool_]] = {}
        self._heat = np.zeros(self.anatomy.labels.shape, dtype=np.float32)
        self._beam: tuple[tuple[FocalPower, ...], float] = ((), 1.0)
        self._disturbed = False
        self._lived_s = 0.0

    def live(self, points: tuple[FocalPower, ...], seconds: float) -> None:
        """Pass `seconds` under a constant beam; without any, unheated tissue stays at its steady state.

        The beam stands still: tissue that has moved meets it elsewhere, by where it is at the beginning.
        """
        displaced_mm = self.signal.movement.displaced_mm(self._lived_s)
        droop = 1.0 if self._droop is None else self._droop.gain(self._lived_s)
        self._lived_s += seconds
        self.signal.sounding = bool(points)
        if points:
            self._disturbed = True
            heat = self._heat_of(points)
            if droop != 1.0:
                heat = heat * np.float32(droop)
            self.tissue.advance(met_by(heat, displaced_mm), seconds)
        elif self._disturbed:
            self.tissue.advance(None, seconds)

    def truth(self) -> Truth:
        """The tumour's true temperatures now."""
        inside = self.tissue.temperature_degC[self._tumour].astype(np.float64)
        hot10, cold90 = np.quantile(inside, [0.9, 0.1])
        return Truth(float(inside.mean()), float(hot10), float(cold90), float(inside.max()))

    def hottest_within(self, centre_mm: Point, radii_mm: Point) -> float:
        """The hottest tissue temperature in an ellipsoid now, degC; the bath does not count."""
        key = (centre_mm, radii_mm)
        if key not in self._ellipsoids:
            axes = zip(mesh_mm(), centre_mm, radii_mm, strict=True)
            squares = [((axis - centre) / radius) ** 2 for axis, centre, radius in axes]
            inside = squares[0] + squares[1] + squares[2] <= 1.0
            self._ellipsoids[key] = inside & (self.anatomy.labels != Tissue.WATER)
        return float(self.tissue.temperature_degC[self._ellipsoids[key]].max(initial=-np.inf))

    def _heat_of(self, points: tuple[FocalPower, ...]) -> NDArray[np.float32]:
        # One lease is lived through in several stretches: its heat is summed once.
        key = (points, self.gain)
        if key != self._beam:
            self._beam = key
            self._heat[:] = 0.0
            for point in points:
                self._heat += self._pattern(point.aim_mm) * np.float32(point.power_W * self.gain)
        return self._heat

    def _pattern(self, aim_mm: Point) -> NDArray[np.float32]:
        if aim_mm not in self._patterns:
            self._patterns[aim_mm] = heat_pattern(self.anatomy, aim_mm, self.offset_mm, self._array)
        return self._patterns[aim_mm]
