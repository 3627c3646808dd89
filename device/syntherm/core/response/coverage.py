"""How much of the target can be held in range: the best steady powers within every limit, and what they hold.

The powers make the target as even as the beam can, within the plan's power, the near field's budget, the energy that
each lease may have, and the limits of every guard region and of the target. Nothing is gained by passing a limit: where
they bind, the target is colder, and the coverage says so. It is stated as an interval, over what is not known of gain
and perfusion.
"""

from math import erf
from typing import Final

import attrs
import numpy as np

from syntherm.core.bounds import Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.control import qp
from syntherm.core.control.estimate import KEPT_NOISE
from syntherm.core.control.foci import Foci
from syntherm.core.control.headroom import counted
from syntherm.core.control.horizon import MOST_SHARES
from syntherm.core.control.lattice import Vector
from syntherm.core.plan.values import CalibrationProof, Plan
from syntherm.core.response.steady import Steady
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.thermometer import Thermal

EVEN: Final = 1e-3
"""Weight of the powers' own size, over the mean diagonal of the aim: of those that heat alike, the most even."""
TOLERANCE_DEGC2: Final = 1e-3
UNEVEN_DEGC: Final = 0.25
"""Standard deviation of what the model does not show within a cell."""


@attrs.frozen
class Known:
    """What is known of the tissue. `guards`: what each guard region warms, over what the model says of it."""

    gain: Bounded
    perfusion_per_s: Bounded
    guards: tuple[float, ...]


@attrs.frozen
class Coverage:
    """Share of the target that can be held in the plan's range, and what it rests on.

    `images`: of the heating that were seen; 0 for the test sonication alone. `limited_by`: what binds at the estimate,
    in words; empty where nothing does.
    """

    share: Bounded
    known: Known
    images: int
    limited_by: str


@attrs.frozen(eq=False)
class Frame:
    """What bounds the powers of a day: all of them together, each neighbourhood, and the margin of the limits, degC."""

    most_W: float
    together_W: float
    margin_degC: float


def kept_degC(thermal: Thermal, region: Region) -> float:
    """The standard uncertainty with which limits are kept: of the filtered temperature, the median over voxels."""
    common2 = thermal.common_degC[region.voxels].astype(np.float64) ** 2
    own2 = np.maximum(thermal.uncertainty_degC[region.voxels].astype(np.float64) ** 2 - common2, 0.0)
    return float(np.median(np.sqrt(common2 + KEPT_NOISE * own2)))


def frame_of(plan: Plan, response: FocusResponse, uncertainty_degC: float) -> Frame:
    """`uncertainty_degC`: the standard uncertainty with which limits are kept."""
    most_W, control, proof = plan.sonication.max_power_W, plan.control, plan.calibration_proof
    if control is not None:
        most_W = min(most_W, control.near_field_energy_J / control.near_field_window_s)
    margin_degC = plan.limits.coverage_factor * uncertainty_degC
    hottest_degC = (plan.heating.setpoint_degC if proof is None else proof.covered_max_degC) + margin_degC
    headroom_degC = max(plan.limits.target_max_degC - hottest_degC, 0.0)
    # One lease sounds while the one before is not seen yet: the bound counts both.
    bearable_J = headroom_degC / response.rise_degC_per_J / 2.0
    return Frame(most_W, bearable_J / plan.sonication.lease_s, margin_degC)


def predict(
    plan: Plan, foci: Foci, steady: Steady, frame: Frame, known: Known, proof: CalibrationProof, images: int = 0
) -> Coverage:
    """Strong gain with little perfusion, and the reverse, are the ends."""
    gain, perfusion = known.gain, known.perfusion_per_s
    more = np.asarray((1.0, *known.guards)) - 1.0
    ends = [(gain.estimate, perfusion.estimate), (gain.upper, perfusion.lower), (gain.lower, perfusion.upper)]
    shares, words = [], ""
    for number, (each, blood) in enumerate(ends):
        held_degC, binding = best(plan, foci, steady, frame, (max(each, 1e-9), max(blood, 1e-9), more), proof)
        shares.append(covered(held_degC, steady.share, proof))
        words = binding if number == 0 else words
    return Coverage(Bounded(shares[0], min(shares), max(shares)), known, images, words)


def best(
    plan: Plan, foci: Foci, steady: Steady, frame: Frame, by: tuple[float, float, Vector], proof: CalibrationProof
) -> tuple[Vector, str]:
    """Temperatures of the target's cells under the best powers, degC, and what binds.

    `by`: gain, perfusion, and what each region warms more than the model says of it, as a share of its mean: that heat
    comes from the way of the beam and lies over all of the region.
    """
    gain, perfusion, more = by
    target = gain * steady.at(steady.target, perfusion)
    added = more[:, None] * steady.mean(perfusion)
    hottest = gain * np.maximum(steady.at(steady.hottest, perfusion) + added[steady.region], 0.0)
    wanted = 0.5 * (proof.covered_min_degC + proof.covered_max_degC) - plan.heating.baseline_degC
    points = len(foci.points_mm)
    hessian = target.T @ (steady.share[:, None] * target)
    hessian = hessian + EVEN * float(np.diag(hessian).mean()) * np.eye(points)
    rows = np.concatenate([np.ones((1, points)), counted(foci, plan), hottest])
    high = np.full(points, min(MOST_SHARES / points, 1.0) * plan.sonication.max_power_W)
    bounds = np.concatenate([[frame.most_W], np.full(points, frame.together_W), steady.limits - frame.margin_degC])
    shape = qp.Shape.of(hessian, rows, high)
    found = qp.solve(shape, -wanted * (target.T @ steady.share), bounds, TOLERANCE_DEGC2)
    used = rows @ found.u >= 0.98 * np.maximum(bounds, 1e-9)
    return plan.heating.baseline_degC + target @ found.u, _binding(used, points)


def _binding(used: Vector, points: int) -> str:
    parts = (
        ("power", bool(used[0])),
        ("energy of a lease", bool(used[1 : 1 + points].any())),
        ("temperature limits", bool(used[1 + points :].any())),
    )
    return ", ".join(name for name, binds in parts if binds)


def covered(held_degC: Vector, share: Vector, proof: CalibrationProof) -> float:
    """Share of the target within the plan's range."""
    above = np.asarray([_below((each - proof.covered_min_degC) / UNEVEN_DEGC) for each in held_degC])
    beyond = np.asarray([_below((each - proof.covered_max_degC) / UNEVEN_DEGC) for each in held_degC])
    return float(share @ (above - beyond))


def _below(sds: float) -> float:
    return 0.5 * (1.0 + erf(sds / 2.0**0.5))
