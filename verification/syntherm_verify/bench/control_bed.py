"""A virtual patient under a controller's beam, without the session around it: images, thermometry, lease, tissue.

Calibration is done once per patient and every controller begins where it ended. The images then come as in the
virtual room: measured in the middle of their period, and here 0.4 s after its end, when the next lease begins. The
lease's bound on the energy of a focal point is the shipped one.
"""

from collections.abc import Callable
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.calibration import FocusResponse, acceptable, find_focus
from syntherm.core.control.controller import ControlInput, Powers
from syntherm.core.control.foci import Foci, place_foci
from syntherm.core.control.prepared import prepare
from syntherm.core.control.remembering import Course, Lent
from syntherm.core.events import ComplexVolume
from syntherm.core.lease import bounded
from syntherm.core.plan.values import Guard, Plan
from syntherm.core.thermometry.baseline import Baseline, finish, learn, start
from syntherm.core.thermometry.regions import Layout, lay_out
from syntherm.core.thermometry.thermometer import Thermal, measure
from syntherm.core.thermometry.validity import Reason
from syntherm_sim.patient import BATH_DEGC, OFFSET_SD_MM
from syntherm_sim.physics.acoustics import heat_pattern
from syntherm_sim.physics.bioheat import Bioheat
from syntherm_sim.physics.grid import mesh_mm
from syntherm_sim.physics.medium import medium_of
from syntherm_sim.physics.movement import met_by
from syntherm_sim.physics.mr import Signal
from syntherm_sim.physics.tissue import Tissue
from syntherm_verify.bench.control_cases import Case, anatomy_of, day_of, plan_of

Field = NDArray[np.float32]
Wanted = Callable[[Course], Powers]
BAND_DEGC: Final = (40.0, 42.0)
HOT_DEGC: Final = 43.0


LATENCY_S: Final = 1.9
"""From the middle of an image to the lease that rests on it: half a period and the virtual room's 0.4 s."""


class NotCalibrated(ValueError):
    """The plan does not accept what the test sonication of a patient showed."""


@attrs.frozen
class Seen:
    """True temperatures over the tumour, degC, at one moment of heating; shares of its voxels; the lent power.

    `over_guard`: the hottest guard voxel above its limit, degC.
    """

    at_s: float
    hot10: float
    cold90: float
    hottest: float
    in_band: float
    above_43: float
    over_guard: float
    power_W: float


class Bed:
    """One patient, calibrated."""

    def __init__(self, case: Case, demonstration: Plan) -> None:
        """Raises NotCalibrated."""
        self.case, self.plan = case, plan_of(case, demonstration)
        self.anatomy = anatomy_of(case)
        self.layout: Layout = lay_out(self.plan)
        self.foci: Foci = place_foci(self.plan, self.layout)
        self.prepared = prepare(self.plan, self.layout, self.foci)
        drawn = np.random.default_rng([case.seed, 11]).normal(0.0, OFFSET_SD_MM, 3) + np.asarray(case.offset_mm)
        self._offset = (float(drawn[0]), float(drawn[1]), float(drawn[2]))
        self.tumour = self.anatomy.labels == Tissue.TUMOUR
        self.guards = [(_mask_of(guard, self.anatomy.labels), guard) for guard in self.plan.guard]
        self._begin(Bioheat.of(self.anatomy, BATH_DEGC).temperature_degC, 0.0)
        self._fat = self._signal.fat_fraction_volume().reshape(-1)
        self._baseline, self.response = self._calibrated()
        aims = self.foci.points_mm - np.asarray(self.response.offset_mm)
        self.patterns = np.stack([self._pattern(aim).reshape(-1) for aim in aims]) * np.float32(case.gain_after)
        self._heated = self._tissue.temperature_degC.copy()
        self._calibrated_s = self._now_s

    def heat(self, wanted: Wanted, minutes: float) -> list[Seen]:
        """Heat for so long under a controller, from the end of calibration; what really was, once per image."""
        self._begin(self._heated, self._calibrated_s)
        period_s, seen = self.plan.scanner.frame_period_s, list[Seen]()
        powers = np.zeros(len(self.foci.points_mm))
        lent: Lent | None = None
        thermal: Thermal | None = None
        for _ in range(round(minutes * 60.0 / period_s)):
            acquired_s, thermal = self._now_s, self._look(self._baseline, thermal)
            seen.append(self._truth(float(powers.sum())))
            self._live(powers, LATENCY_S)
            before = None if lent is None else attrs.evolve(lent, until_s=self._now_s)
            powers = self._granted(wanted, thermal, acquired_s, before, powers)
            lent = Lent(powers, self._now_s, self._now_s + period_s)
            self._live(powers, period_s - LATENCY_S)
        return seen

    @property
    def temperature_degC(self) -> Field:
        """The tissue now."""
        return self._tissue.temperature_degC

    @property
    def before_degC(self) -> Field:
        """The tissue at the end of calibration, where every controller begins."""
        return self._heated

    def guard_limits_degC(self) -> NDArray[np.float64]:
        """The lowest limit of any guard in each voxel; infinite where there is none."""
        limits = np.full(self.tumour.shape, np.inf)
        for mask, guard in self.guards:
            limits[mask] = np.minimum(limits[mask], guard.max_degC)
        return limits

    def _granted(
        self, wanted: Wanted, thermal: Thermal | None, acquired_s: float, before: Lent | None, powers: Powers
    ) -> Powers:
        if thermal is None:
            return np.zeros_like(powers)
        given = ControlInput(thermal, self.foci, self.plan)
        unseen_J, most_W = powers * self.plan.sonication.lease_s, self.plan.sonication.max_power_W
        known = (self.layout, self.response, acquired_s, self._now_s, before, unseen_J, most_W, self.prepared)
        asked = wanted(Course(given, *known))
        return bounded(asked, thermal, self.foci, self.response, self.plan, unseen_J)

    def _calibrated(self) -> tuple[Baseline, FocusResponse]:
        learned, plan = start(self._image()), self.plan
        for _ in range(plan.calibration.baseline_frames - 1):
            self._now_s += plan.scanner.frame_period_s
            learned = learn(learned, self._image(), self.layout)
        baseline, energy_J, response = finish(learned), 0.0, None
        beam = self._pattern(np.asarray(plan.target.centre_mm)) * np.float32(plan.calibration.test_power_W)
        self._signal.sounding = True
        for _ in range(plan.calibration.test_frames):
            self._tissue.advance(beam, plan.scanner.frame_period_s)
            self._now_s += plan.scanner.frame_period_s
            energy_J += plan.calibration.test_power_W * plan.scanner.frame_period_s
            thermal = self._look(baseline, None)
            response = None if thermal is None else find_focus(thermal, self.layout, plan, energy_J)
            self._guards_are_seen(thermal)
        if response is None or not acceptable(response, plan):
            raise NotCalibrated(f"{self.case.name}: the plan does not accept the test sonication's response")
        return baseline, response

    def _guards_are_seen(self, thermal: Thermal | None) -> None:
        """No session heats beside a guard region that it does not see. Raises NotCalibrated."""
        if thermal is None:
            return
        for region, guard in zip(self.layout.guards, self.plan.guard, strict=True):
            seen = float((thermal.validity[region.voxels] == Reason.VALID).mean())
            if seen < guard.min_valid_fraction:
                raise NotCalibrated(f"{self.case.name}: {guard.name} is seen in {seen:.2f} of its voxels only")

    def _begin(self, temperature_degC: Field, at_s: float) -> None:
        """The patient at a moment; field and noise from there are the same each time."""
        self._tissue = Bioheat(medium_of(self.anatomy), temperature_degC)
        day = day_of(self.case)
        self._signal = Signal(self.anatomy, self.case.seed, day.disturbance, None, day.movement, day.faults)
        self._droop = day.droop
        self._now_s = at_s

    def _image(self) -> ComplexVolume:
        return self._signal.volume(self._tissue.temperature_degC, self._now_s)

    def _look(self, baseline: Baseline, previous: Thermal | None) -> Thermal | None:
        return measure(self._image(), baseline, self._fat, self.layout, self.plan, previous)

    def _live(self, powers: Powers, seconds: float) -> None:
        heat = (np.asarray(powers, dtype=np.float32) @ self.patterns).reshape(self.tumour.shape)
        if self._droop is not None:
            heat *= np.float32(self._droop.gain(self._now_s))
        self._signal.sounding = bool(np.any(powers))
        self._tissue.advance(met_by(heat, self._signal.movement.displaced_mm(self._now_s)), seconds)
        self._now_s += seconds

    def _pattern(self, aim_mm: NDArray[np.float64]) -> Field:
        aim = (float(aim_mm[0]), float(aim_mm[1]), float(aim_mm[2]))
        return heat_pattern(self.anatomy, aim, self._offset, self.case.array)

    def _truth(self, power_W: float) -> Seen:
        field = self._tissue.temperature_degC
        inside = field[self.tumour].astype(np.float64)
        cold90, hot10 = np.quantile(inside, [0.1, 0.9])
        return Seen(
            at_s=self._now_s - self._calibrated_s,
            hot10=float(hot10),
            cold90=float(cold90),
            hottest=float(inside.max()),
            in_band=float(((inside >= BAND_DEGC[0]) & (inside <= BAND_DEGC[1])).mean()),
            above_43=float((inside > HOT_DEGC).mean()),
            over_guard=float(max(field[mask].max() - guard.max_degC for mask, guard in self.guards)),
            power_W=power_W,
        )


def _mask_of(guard: Guard, labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    axes = zip(mesh_mm(), guard.centre_mm, guard.radii_mm, strict=True)
    squares = [((axis - centre) / radius) ** 2 for axis, centre, radius in axes]
    return np.asarray((squares[0] + squares[1] + squares[2] <= 1.0) & (labels != Tissue.WATER))
