"""A virtual patient whose test sonication proves itself, and what is predicted and reached of its coverage."""

from typing import Final

import attrs
import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.control.controller import Powers
from syntherm.core.control.mpc import MpcMemory, mpc
from syntherm.core.control.remembering import Course
from syntherm.core.plan.values import CalibrationProof, Plan
from syntherm.core.response.coverage import Coverage, Known, frame_of, kept_degC, predict
from syntherm.core.response.judged import Identified, answered, identified
from syntherm.core.response.steady import Steady
from syntherm.core.response.trial import Groundwork, Trial, leases_of, lent, next_lease, taken_in
from syntherm.core.response.warming import Warming, refined, warmed
from syntherm.core.thermometry.baseline import Baseline, finish, learn, start
from syntherm.core.thermometry.summary import summarise
from syntherm_verify.bench.control_bed import LATENCY_S, Bed, NotCalibrated
from syntherm_verify.bench.control_cases import Case

LATE_S: Final = 600.0
"""What is reached is judged behind the first ten minutes."""


class NoTable(ValueError):
    """The plan's test sonication does not prove itself."""


class ProofBed(Bed):
    """One patient, calibrated by two shots."""

    identified: Identified
    steady: Steady
    uncertainty_degC: float

    def __init__(self, case: Case, plan: Plan) -> None:
        """Raises NotCalibrated, NoTable."""
        if plan.calibration_proof is None:
            raise NoTable("the plan has no [calibration_proof]")
        self.proof: CalibrationProof = plan.calibration_proof
        super().__init__(case, plan)
        self.steady = Steady.of(self.plan, self.layout, self.foci)

    def _calibrated(self) -> tuple[Baseline, FocusResponse]:
        learned, plan = start(self._image()), self.plan
        for _ in range(plan.calibration.baseline_frames - 1):
            self._now_s += plan.scanner.frame_period_s
            learned = learn(learned, self._image(), self.layout)
        baseline = finish(learned)
        self.trial = self._tried(baseline)
        ground = Groundwork.of(plan, self.layout)
        self.identified = identified(self.trial, plan, self.proof, ground)
        response = answered(self.trial, self.identified)
        if response is None or self.identified.refusals:
            raise NotCalibrated(f"{self.case.name}: {'; '.join(self.identified.refusals)}")
        return baseline, response

    def _tried(self, baseline: Baseline) -> Trial:
        plan, ground, trial = self.plan, Groundwork.of(self.plan, self.layout), Trial()
        heat = np.zeros(self.anatomy.labels.shape, dtype=np.float32)
        for granted in range(leases_of(plan) + 1):
            acquired_s, thermal = self._now_s, self._look(baseline, None)
            if granted and thermal is not None:
                trial = taken_in(trial, thermal, plan, self.proof, ground, (granted, acquired_s))
                self.uncertainty_degC = kept_degC(thermal, self.layout.target)
            self._tissue.advance(heat, LATENCY_S)
            self._now_s += LATENCY_S
            if granted == leases_of(plan):
                break
            lease = next_lease(trial, plan, self.proof, ground, (granted, self._now_s))
            trial = lent(trial, self.proof, lease, (granted, self._now_s))
            heat = np.zeros_like(heat)
            for point in lease.points:
                heat = self._pattern(np.asarray(point.aim_mm)) * np.float32(point.power_W)
            self._signal.sounding = bool(lease.points)
            rest_s = plan.scanner.frame_period_s - LATENCY_S
            self._tissue.advance(heat, rest_s)
            self._now_s += rest_s
        return trial

    @property
    def first(self) -> Known:
        """What the test sonication showed."""
        found = self.identified
        return Known(found.gain, found.perfusion_per_s, tuple(1.0 for _ in self.plan.guard))

    def predicted(self, known: Known) -> Coverage:
        """What the software would tell."""
        frame = frame_of(self.plan, self.response, self.uncertainty_degC)
        return predict(self.plan, self.foci, self.steady, frame, known, self.proof)


@attrs.define
class Hand:
    """Predictive control, and beside it what the heating says of gain and perfusion."""

    bed: ProofBed
    memory: MpcMemory | None = None
    warming: Warming | None = None
    known: list[Known] = attrs.Factory(list)

    def __call__(self, course: Course) -> Powers:
        """The powers, as `mpc` chooses them."""
        bed = self.bed
        before = Warming.begun(bed.steady, course.acquired_s) if self.warming is None else self.warming
        k, regions = bed.plan.limits.coverage_factor, (bed.layout.target, *bed.layout.guards)
        means = [summarise(region, course.given.thermal, k).mean.estimate for region in regions]
        rises = tuple(mean - bed.plan.heating.baseline_degC for mean in means)
        # The loan before sounded until now; what of it came after the image, the next image shows.
        self.warming = warmed(before, bed.steady, course.lent, course.acquired_s, rises)
        found = refined(self.warming, bed.first, k)
        if found is not None:
            self.known.append(found)
        answer = mpc(course, self.memory)
        self.memory = answer.memory
        return answer.powers_W
