"""Model-predictive control, free of offset, over the steered focal points; binary feedback where it does not know.

Each image corrects the model's temperatures and its unknown source. From there the model goes on through what was lent
since (the image is old) to now, and over the horizon; a quadratic programme chooses the power within the plan's power
and below the upper bounds of every guard region and of the target. Whatever is not known, not solved to its
certificate, or not explained by the model for several images gives the answer of binary feedback, with the reason.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.control import qp
from syntherm.core.control.binary import binary
from syntherm.core.control.estimate import (
    Blocks,
    Estimate,
    Heated,
    blocks_of,
    carried,
    corrected,
    first_estimate,
    heated,
)
from syntherm.core.control.horizon import Horizon, free_rises, horizon_of, programme
from syntherm.core.control.lattice import Vector
from syntherm.core.control.prepared import Prepared
from syntherm.core.control.remembering import Answer, Course, Fallback
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.validity import Reason

UNEXPLAINED_DEGC: Final = 1.0
"""Root mean square of the innovation over the target, beyond the image's own noise."""
UNEXPLAINED_IMAGES: Final = 3
EXPLAINED_IMAGES: Final = 10
"""So many images in a row for the model to be left, and for it to be trusted again."""
TOLERANCE_DEGC2: Final = 1e-3
"""The certified gap of the aim, a mean of squared degrees."""
POWER_STEP_W: Final = 1e-3
"""Powers are rounded down to this: no device follows finer."""


@attrs.frozen(eq=False)
class MpcMemory:
    """`horizon`: the model built for `response`. `estimate`: None until an image begins it.

    `lents`: leases that sounded after the last image. `strange`: images in a row that were not explained;
    `distrusted`: explained images that are still wanted before the model counts again. `start`: for the next solution.
    """

    horizon: Horizon
    response: FocusResponse
    estimate: Estimate | None = None
    lents: tuple[Heated, ...] = ()
    strange: int = 0
    distrusted: int = 0
    start: qp.Start | None = None


def mpc(course: Course, memory: MpcMemory | None) -> Answer[MpcMemory | None]:
    """Power per focal point; with a reason where it is binary feedback's."""
    response = course.response
    unknown = Fallback.NO_RESPONSE if response is None else unknown_input(course)
    if response is None or unknown is not None:
        # What was lent in the meantime is not followed: the next image that can be used begins anew.
        kept = None if memory is None else attrs.evolve(memory, estimate=None, lents=(), start=None)
        return Answer(binary(course.given), kept, unknown)
    if course.prepared is None:
        return Answer(binary(course.given), None, Fallback.NOT_PREPARED)
    built = _built(course, memory, response, course.prepared)
    if built is None:
        return Answer(binary(course.given), None, Fallback.NO_RESPONSE)
    blocks = blocks_of(course.given.thermal, built.horizon.lattice, course.given.plan.heating.baseline_degC)
    known = _seen(course, built, blocks)
    if known.distrusted > 0:
        return Answer(binary(course.given), known, Fallback.UNEXPLAINED)
    return _chosen(course, known, blocks)


def _built(course: Course, memory: MpcMemory | None, response: FocusResponse, prepared: Prepared) -> MpcMemory | None:
    if memory is not None and memory.response == response:
        return memory
    horizon = horizon_of(course.given.plan, course.given.foci, prepared, response)
    return None if horizon is None else MpcMemory(horizon, response)


def _seen(course: Course, memory: MpcMemory, blocks: Blocks) -> MpcMemory:
    """The memory with the image taken in, and with what was lent until now."""
    model = memory.horizon.model
    lents = memory.lents if course.lent is None else (*memory.lents, heated(model, course.lent))
    later = tuple(lent for lent in lents if lent.until_s > course.acquired_s)
    before, longest_s = memory.estimate, course.given.plan.limits.frame_age_s
    if before is None or not 0.0 < course.acquired_s - before.acquired_s <= longest_s:
        return attrs.evolve(memory, estimate=first_estimate(model, blocks, course.acquired_s), lents=later, strange=0)
    estimate, innovation = corrected(model, before, blocks, lents, course.acquired_s)
    judged = _judged(memory, strange=_strange(memory.horizon, innovation, blocks))
    return attrs.evolve(judged, estimate=estimate, lents=later)


def _judged(memory: MpcMemory, *, strange: bool) -> MpcMemory:
    """Left after some images in a row that are not explained, and trusted again after more that are."""
    if not strange:
        return attrs.evolve(memory, strange=0, distrusted=max(memory.distrusted - 1, 0))
    count = memory.strange + 1
    left = count >= UNEXPLAINED_IMAGES or memory.distrusted > 0
    return attrs.evolve(memory, strange=count, distrusted=EXPLAINED_IMAGES if left else 0)


def _strange(horizon: Horizon, innovation: Vector, blocks: Blocks) -> bool:
    """Whether the image differs from the prediction, over the target, by more than its noise and the tolerated part."""
    lattice = horizon.lattice
    weights = lattice.target_voxels * blocks.seen[lattice.target_blocks]
    excess = innovation[lattice.target_blocks] ** 2 - blocks.own[lattice.target_blocks] ** 2
    return float((weights * excess).sum()) > UNEXPLAINED_DEGC**2 * float(weights.sum())


def _chosen(course: Course, known: MpcMemory, blocks: Blocks) -> Answer[MpcMemory | None]:
    estimate, horizon = known.estimate, known.horizon
    if estimate is None:
        raise ValueError("expected an estimate: an image was taken in before")
    now = carried(horizon.model, estimate, known.lents, course.at_s)
    free = free_rises(horizon, now, estimate.source_modes)
    before = np.zeros(len(course.given.foci.points_mm)) if course.lent is None else course.lent.powers_W
    linear, bounds = programme(horizon, free, blocks, course, before)
    if not bool(np.isfinite(linear).all() and np.isfinite(bounds).all()):
        return Answer(binary(course.given), attrs.evolve(known, start=None), Fallback.NOT_A_NUMBER)
    solution = qp.solve(horizon.shape, linear, bounds, TOLERANCE_DEGC2, known.start)
    if not solution.within(TOLERANCE_DEGC2):
        # The bounds of guards and target are known all the same: binary's answer is cut to them.
        cut = qp.trimmed(horizon.shape, binary(course.given), bounds)
        return Answer(cut, attrs.evolve(known, start=None), Fallback.NOT_SOLVED)
    powers = np.floor(solution.u / POWER_STEP_W) * POWER_STEP_W
    return Answer(powers, attrs.evolve(known, start=solution.start))


def unknown_input(course: Course) -> Fallback | None:
    """The first reason why the course does not say enough, None if it does."""
    plan, thermal = course.given.plan, course.given.thermal
    arrays = (thermal.temperature_degC, thermal.uncertainty_degC, thermal.common_degC)
    invalid = thermal.validity != Reason.VALID
    numbers = [(np.isfinite(array) | invalid).all() for array in arrays]
    unseen = [
        _seen_share(course.layout.target, thermal) < plan.limits.target_min_valid_fraction,
        any(
            _seen_share(region, thermal) < guard.min_valid_fraction
            for region, guard in zip(course.layout.guards, plan.guard, strict=True)
        ),
    ]
    found = (
        (not 0.0 <= course.at_s - course.acquired_s <= plan.limits.frame_age_s, Fallback.TIME_UNKNOWN),
        (not _followed(course), Fallback.LENT_UNKNOWN),
        (not all(numbers), Fallback.NOT_A_NUMBER),
        (unseen[0], Fallback.TARGET_NOT_SEEN),
        (unseen[1], Fallback.GUARD_NOT_SEEN),
    )
    return next((reason for wrong, reason in found if wrong), None)


def _followed(course: Course) -> bool:
    lent = course.lent
    if lent is None:
        return True
    fits = lent.powers_W.shape == (len(course.given.foci.points_mm),)
    return fits and bool(np.isfinite(lent.powers_W).all()) and lent.from_s <= lent.until_s <= course.at_s


def _seen_share(region: Region, thermal: Thermal) -> float:
    valid = int((thermal.validity[region.voxels] == Reason.VALID).sum())
    return valid / len(region.voxels) if len(region.voxels) else 0.0
