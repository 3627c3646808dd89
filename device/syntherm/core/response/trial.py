"""The test sonication in two shots: what is lent when, and what its images have shown so far.

A probe of low power, then a first shot at the target's centre with the power that the images call for, images without
energy, a second shot at the corrected point, and images without energy again. An image that is late leaves a gap: the
moments of what was lent are kept as they were.
"""

from enum import Enum, unique
from typing import Final

import attrs
import numpy as np

from syntherm.core.calibration import FocusResponse, find_focus
from syntherm.core.commands import FocalPower, GrantLease
from syntherm.core.control.lattice import Vector
from syntherm.core.control.thermal_model import DIFFUSIVITY_MM2_PER_S, PERFUSION_PER_S
from syntherm.core.loan import Loan
from syntherm.core.plan.values import CalibrationProof, Plan
from syntherm.core.response.beam_map import CELLS, BeamMap, Tissue, read
from syntherm.core.response.located import Located, Picture, locate
from syntherm.core.thermometry.regions import Indices, Layout
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

NOMINAL: Final = Tissue(DIFFUSIVITY_MM2_PER_S, PERFUSION_PER_S)
REACH_MM: Final = 12.0
"""Voxels farther than this from the target's centre are not looked at."""
LATE_SHARE: Final = 0.4
AFTER_S: Final = 6.0
"""The images from the later part of a shot to shortly after it show its place."""


@unique
class Leg(Enum):
    """The parts of the test sonication, in their order."""

    PROBE = "probe"
    FIRST = "first shot"
    PAUSE = "images without energy"
    SECOND = "second shot"
    END = "last images without energy"


def leases_of(plan: Plan) -> int:
    """How many leases the whole test sonication has; those without energy count."""
    proof = plan.calibration_proof
    if proof is None:
        return plan.calibration.test_frames
    return proof.probe_frames + 2 * (proof.shot_frames + proof.cooling_frames)


def leg_of(proof: CalibrationProof, granted: int) -> tuple[Leg, int]:
    """Where the next lease belongs, after so many, and how many leases that leg has from it on."""
    shot, rest = proof.shot_frames, proof.cooling_frames
    left = granted
    for leg, count in zip(Leg, (proof.probe_frames, shot, rest, shot, rest), strict=True):
        if left < count:
            return leg, count - left
        left -= count
    return Leg.END, 0


@attrs.frozen(eq=False)
class Groundwork:
    """What is computed of the plan before the session. `at_mm`: of the voxels `near`, from the target's centre.

    `peak`: for each bin, what the voxel at the focus gets of it. `baseline_frames`: images of the baseline, whose noise
    is in every difference from it.
    """

    layout: Layout
    beam: BeamMap
    near: Indices
    at_mm: Vector
    peak: Vector
    baseline_frames: int

    @classmethod
    def of(cls, plan: Plan, layout: Layout) -> "Groundwork":
        """Of the plan alone."""
        beam = BeamMap.of(layout.geometry.voxel_mm)
        at_mm = layout.points_mm.astype(np.float64) - np.asarray(plan.target.centre_mm)
        near = np.flatnonzero(np.linalg.norm(at_mm, axis=1) <= REACH_MM)
        middle = np.zeros(CELLS**3)
        middle[len(middle) // 2] = 1.0
        return cls(layout, beam, near, at_mm[near], beam.weighed(middle), plan.calibration.baseline_frames)


@attrs.frozen(eq=False)
class Glimpse:
    """One image of the test: rises, degC, and weights of the voxels near the target's centre.

    `weights`: one over the variance of a voxel's own noise, 0 where it is not valid. `common_degC`: what all share.
    """

    acquired_s: float
    rise_degC: Vector
    weights: Vector
    common_degC: float


@attrs.frozen(eq=False)
class Trial:
    """The test sonication so far. `first`, `second`: what was lent for each shot.

    `found`: the first shot's place, from the target's centre. `shown`: its response as the last of its images had it.
    """

    images: tuple[Glimpse, ...] = ()
    first: tuple[Loan, ...] = ()
    second: tuple[Loan, ...] = ()
    found: Located | None = None
    shown: FocusResponse | None = None

    def energy_J(self, to_s: float) -> float:
        """Lent to the first shot until a moment."""
        return sum(loan.energy_J(loan.from_s, to_s) for loan in self.first)


def glimpse(thermal: Thermal, ground: Groundwork, plan: Plan, acquired_s: float) -> Glimpse:
    """An image as the trial keeps it."""
    valid = thermal.validity[ground.near] == Reason.VALID
    common = thermal.common_degC[ground.near].astype(np.float64)
    own2 = np.maximum(thermal.uncertainty_degC[ground.near].astype(np.float64) ** 2 - common**2, 1e-6)
    rise = thermal.temperature_degC[ground.near].astype(np.float64) - plan.heating.baseline_degC
    shared = float(np.median(common[valid])) if bool(valid.any()) else 0.0
    return Glimpse(acquired_s, np.where(valid, rise, 0.0), np.where(valid, 1.0 / own2, 0.0), shared)


def taken_in(
    trial: Trial, thermal: Thermal, plan: Plan, proof: CalibrationProof, ground: Groundwork, at: tuple[int, float]
) -> Trial:
    """The trial with an image that was acquired at a moment, after so many leases were lent."""
    granted, acquired_s = at
    trial = attrs.evolve(trial, images=(*trial.images, glimpse(thermal, ground, plan, acquired_s)))
    if trial.first and acquired_s <= trial.first[-1].until_s:
        shown = find_focus(thermal, ground.layout, plan, trial.energy_J(acquired_s))
        trial = attrs.evolve(trial, shown=shown or trial.shown)
    if leg_of(proof, granted)[0] is Leg.PAUSE:
        trial = attrs.evolve(trial, found=fitted(ground, trial.images, trial.first))
    return trial


def fitted(ground: Groundwork, images: tuple[Glimpse, ...], sent: tuple[Loan, ...]) -> Located | None:
    """The place of the first shot, from its own images."""
    return _placed(ground, late(images, sent), sent, (), None)


def fitted_again(ground: Groundwork, trial: Trial, found: Located) -> Located | None:
    """The place of the second shot, from what its images show more than the first has left."""
    return _placed(ground, late(trial.images, trial.second), trial.second, trial.first, found)


def late(images: tuple[Glimpse, ...], sent: tuple[Loan, ...]) -> tuple[Glimpse, ...]:
    """The images that show a shot's place."""
    if not sent:
        return ()
    since_s = sent[0].from_s + LATE_SHARE * (sent[-1].until_s - sent[0].from_s)
    return tuple(each for each in images if since_s <= each.acquired_s <= sent[-1].until_s + AFTER_S)


def _placed(
    ground: Groundwork, images: tuple[Glimpse, ...], sent: tuple[Loan, ...], before: tuple[Loan, ...],
    found: Located | None,
) -> Located | None:  # fmt: skip
    if not images:
        return None
    at_s = np.asarray([each.acquired_s for each in images])
    weights = sum((each.weights for each in images), np.zeros(len(ground.near)))
    rises = sum((each.weights * each.rise_degC for each in images), np.zeros(len(ground.near)))
    rise = rises / np.maximum(weights, 1e-12)
    if found is not None:
        left = ground.beam.at(ground.beam.driven(before, at_s, NOMINAL).mean(axis=0))
        rise = rise - found.gain * read(left, ground.at_mm - np.asarray(found.place_mm))
    shown = ground.beam.at(ground.beam.driven(sent, at_s, NOMINAL).mean(axis=0))
    # More images make their own noise small, and not that of the baseline.
    known = weights / (1.0 + len(images) / ground.baseline_frames)
    return locate(shown, Picture(ground.at_mm, rise, known), np.zeros(3))


def next_lease(
    trial: Trial, plan: Plan, proof: CalibrationProof, ground: Groundwork, at: tuple[int, float]
) -> GrantLease:
    """The lease that is lent after so many, at a moment: energy only where the leg has it, and the focus is known."""
    granted, at_s = at
    leg, count = leg_of(proof, granted)
    until_s, centre = at_s + plan.sonication.lease_s, np.asarray(plan.target.centre_mm)
    if leg is Leg.PROBE:
        power_W = proof.probe_power_W
    elif leg is Leg.FIRST:
        found = fitted(ground, trial.images, trial.first)
        power_W = proof.probe_power_W if found is None else planned_W(trial, plan, ground, found, (count, at_s))
    elif leg is Leg.SECOND and trial.found is not None and _correctable(trial.found, plan):
        centre = centre - np.asarray(trial.found.place_mm)
        power_W = planned_W(trial, plan, ground, trial.found, (count, at_s))
    else:
        power_W = 0.0
    aim = (float(centre[0]), float(centre[1]), float(centre[2]))
    return GrantLease(until_s, (FocalPower(aim, power_W),) if power_W > 0.0 else ())


def _correctable(found: Located, plan: Plan) -> bool:
    return float(np.linalg.norm(found.place_mm)) <= plan.calibration.max_focus_offset_mm


def planned_W(trial: Trial, plan: Plan, ground: Groundwork, found: Located, ahead: tuple[int, float]) -> float:
    """The power, W, with which the hottest voxel will have the planned rise when the leg's leases are over.

    `ahead`: those leases, and the moment. Never above the plan's power for a shot, nor so that the largest accepted
    rise would be passed at the upper bound of the gain.
    """
    proof, (count, at_s) = plan.calibration_proof, ahead
    if proof is None or not found.gain > 0.0:
        return 0.0
    end = np.asarray([at_s + count * plan.sonication.lease_s])
    past = float((ground.beam.driven(trial.first + trial.second, end, NOMINAL) @ ground.peak)[0])
    per_W = float((ground.beam.driven((Loan(at_s, float(end[0]), 1.0),), end, NOMINAL) @ ground.peak)[0])
    highest = found.gain + plan.limits.coverage_factor * found.gain_sd
    wanted = min(proof.planned_rise_degC / found.gain, plan.calibration.max_rise_degC / highest)
    return float(np.clip((wanted - past) / per_W, 0.0, proof.shot_power_W))


def lent(trial: Trial, proof: CalibrationProof, lease: GrantLease, at: tuple[int, float]) -> Trial:
    """The trial with a lease that was lent after so many, at a moment."""
    granted, at_s = at
    leg, _ = leg_of(proof, granted)
    loan = Loan(at_s, lease.until_s, lease.power_W)
    if leg in (Leg.PROBE, Leg.FIRST):
        return attrs.evolve(trial, first=_followed(trial.first, loan))
    if leg is Leg.SECOND and lease.points:
        return attrs.evolve(trial, second=_followed(trial.second, loan))
    return trial


def _followed(before: tuple[Loan, ...], loan: Loan) -> tuple[Loan, ...]:
    """A new lease ends the one before."""
    ended = tuple(attrs.evolve(old, until_s=min(old.until_s, loan.from_s)) for old in before)
    return (*ended, loan)
