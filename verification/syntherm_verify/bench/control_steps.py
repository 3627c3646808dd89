"""`syntherm-verify bench control --steps N`: how long predictive control takes for one image, and its programme alone.

Images of 128 x 128 x 6 voxels and 169 focal points; a tissue that is the controller's own model with another
gain, so that the estimate has to work. The lease's bound is taken in. The last programme is solved once more by a
general solver, which is what it would take without one of its own.
"""

import time
from collections.abc import Iterator
from statistics import median
from typing import Final

import attrs
import numpy as np
from scipy.optimize import minimize

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control import qp
from syntherm.core.control.controller import ControlInput, Powers
from syntherm.core.control.estimate import blocks_of, carried
from syntherm.core.control.foci import place_foci
from syntherm.core.control.horizon import free_rises, programme
from syntherm.core.control.mpc import TOLERANCE_DEGC2, MpcMemory, mpc
from syntherm.core.control.prepared import prepare
from syntherm.core.control.remembering import Course, Lent
from syntherm.core.lease import bounded
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import lay_out
from syntherm.core.thermometry.thermometer import Thermal
from syntherm_verify.bench.figures import Bar, Figure
from syntherm_verify.bench.images import large_plan

SPACING_MM: Final = 3.65
"""169 focal points in the demonstration plan's target."""
MEDIAN_MS: Final = 10.0
LONGEST_MS: Final = 100.0
_OWN_DEGC: Final = 0.4
_COMMON_DEGC: Final = 0.15
_GAIN: Final = 0.8
_AGE_S: Final = 1.9
_GENERAL_ITERATIONS: Final = 40


class Loop:
    """Controller and tissue, image by image."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.at_s, self.fallbacks = plan, 0.0, 0
        self.memory: MpcMemory | None = None
        self.took_ms: list[float] = []
        self.cpu_ms: list[float] = []
        self._layout = lay_out(self.plan)
        self.foci = place_foci(self.plan, self._layout)
        self._prepared = prepare(self.plan, self._layout, self.foci)
        self._response = FocusResponse(Bounded(1.5, 1.2, 1.8), (0.5, 0.0, 0.0), 2.3 * 1.8 / 150.0)
        self._rng = np.random.default_rng(7)
        self._rise = np.zeros(self._prepared.nominal.lattice.cells)
        self._lent = Lent(np.zeros(len(self.foci.points_mm)), 0.0, 0.0)

    def image(self) -> Course:
        """The next image, decided on; what the decision rested on."""
        acquired_s, lease_s = self.at_s, self.plan.sonication.lease_s
        thermal = self._thermal()
        self._live(self._lent.powers_W, _AGE_S)
        lent = attrs.evolve(self._lent, until_s=self.at_s)
        unseen_J = self._lent.powers_W * lease_s
        given = ControlInput(thermal, self.foci, self.plan)
        most_W = self.plan.sonication.max_power_W
        known = (self._layout, self._response, acquired_s, self.at_s, lent, unseen_J, most_W, self._prepared)
        course = Course(given, *known)
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        answer = mpc(course, self.memory)
        powers = bounded(answer.powers_W, thermal, self.foci, self._response, self.plan, unseen_J)
        self.took_ms.append(1000.0 * (time.perf_counter() - wall_s))
        self.cpu_ms.append(1000.0 * (time.process_time() - cpu_s))
        self.memory, self.fallbacks = answer.memory, self.fallbacks + (answer.fallback is not None)
        self._lent = Lent(powers, self.at_s, self.at_s + lease_s)
        self._live(powers, self.plan.scanner.frame_period_s - _AGE_S)
        return course

    def _live(self, powers_W: Powers, seconds: float) -> None:
        if self.memory is not None:
            model = self.memory.horizon.model
            self._rise = model.advanced(self._rise, _GAIN * model.heating @ powers_W, seconds)
        self.at_s += seconds

    def _thermal(self) -> Thermal:
        lattice, count = self._prepared.nominal.lattice, len(self._layout.points_mm)
        degC = self.plan.heating.baseline_degC + self._rng.normal(0.0, _OWN_DEGC, count)
        degC[lattice.voxels] += lattice.seen(self._rise)[lattice.block_of]
        shown = degC.astype(np.float32)
        whole = np.full(count, np.hypot(_OWN_DEGC, _COMMON_DEGC), dtype=np.float32)
        shared = np.full(count, _COMMON_DEGC, dtype=np.float32)
        return Thermal(shown, whole, shared, np.zeros(count, dtype=np.uint8), shown, 0.0, 0.0)


def steps(count: int) -> Iterator[Figure]:
    """Times of so many decisions behind the first."""
    usual = large_plan()
    plan = attrs.evolve(usual, sonication=attrs.evolve(usual.sonication, focal_spacing_mm=SPACING_MM))
    began_s = time.perf_counter()
    loop = Loop(plan)
    prepared_ms = 1000.0 * (time.perf_counter() - began_s)
    for _ in range(count + 1):
        course = loop.image()
    size = f"{count} images of 128 x 128 x 6 voxels, {len(loop.foci.points_mm)} focal points"
    wall, cpu = loop.took_ms[1:], loop.cpu_ms[1:]
    yield Figure("prepared before the session", prepared_ms, "ms", "once; nothing waits for it")
    yield Figure("first decision", loop.took_ms[0], "ms", "with the day's response taken in")
    says = f"{size}; on the clock, with whatever else the machine does, {median(wall):.3g}, longest {max(wall):.3g}"
    yield Figure("decision, of the processor, median", median(cpu), "ms", says, Bar.BELOW, MEDIAN_MS)
    yield Figure("decision, of the processor, longest", max(cpu), "ms", size, Bar.BELOW, LONGEST_MS)
    yield Figure("decisions by the fallback", float(loop.fallbacks), "images", size)
    yield from _compared(loop, course)


def _compared(loop: Loop, course: Course) -> Iterator[Figure]:
    memory = loop.memory
    if memory is None or memory.estimate is None:
        raise ValueError("expected a model and an estimate: images were decided on")
    horizon, estimate = memory.horizon, memory.estimate
    now = carried(horizon.model, estimate, memory.lents, course.at_s)
    blocks = blocks_of(course.given.thermal, horizon.lattice, course.given.plan.heating.baseline_degC)
    free, before_W = free_rises(horizon, now, estimate.source_modes), np.zeros(len(loop.foci.points_mm))
    linear, bounds = programme(horizon, free, blocks, course, before_W)
    began_s = time.process_time()
    own = qp.solve(horizon.shape, linear, bounds, TOLERANCE_DEGC2)
    own_ms = 1000.0 * (time.process_time() - began_s)
    began_s = time.process_time()
    value = general(horizon.shape, linear, bounds)
    general_ms = 1000.0 * (time.process_time() - began_s)
    says = f"of the processor, from a cold start, {own.iterations} iterations; scipy's SLSQP {general_ms:.4g} ms"
    yield Figure("the programme alone", own_ms, "ms", says)
    yield Figure("time of a general solver over it", general_ms / own_ms, "x", "one programme")
    yield Figure("value above the general solver's", own.value - value, "degC2", f"certified gap {own.gap:.2g}")


def general(shape: qp.Shape, linear: qp.Vector, bounds: qp.Vector) -> float:
    """The least value that scipy finds within its iterations."""
    rows, b = shape.rows, np.maximum(bounds, 0.0) / shape.norms
    found = minimize(
        lambda u: 0.5 * u @ shape.hessian @ u + linear @ u,
        np.zeros(len(linear)),
        jac=lambda u: shape.hessian @ u + linear,
        bounds=[(0.0, high) for high in shape.high],
        constraints={"type": "ineq", "fun": lambda u: b - rows @ u, "jac": lambda _: -rows},
        method="SLSQP",
        options={"maxiter": _GENERAL_ITERATIONS, "ftol": 1e-6},
    )
    return float(found.fun)
