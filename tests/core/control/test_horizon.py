"""The programme of one image: bounds at their upper ends, evenness between neighbours, and what is not seen."""

import attrs
import numpy as np
import pytest

from syntherm.core.control.estimate import KEPT_NOISE, blocks_of
from syntherm.core.control.headroom import headroom_J
from syntherm.core.control.horizon import free_rises, horizon_of, programme
from syntherm.core.control.prepared import GUARD_LEASES
from syntherm.core.control.thermal_model import PERFUSION_PER_S, PERFUSION_SPREAD, ThermalModel, gain_of
from syntherm.core.plan.values import HiddenPeak
from syntherm.core.thermometry.validity import Reason


@pytest.fixture(scope="module")
def horizon(steer):
    return horizon_of(steer.plan, steer.foci, steer.prepared, steer.response)


def unscaled(horizon):
    return horizon.shape.rows * horizon.shape.norms[:, None]


def test_rows_hold_the_sum_the_neighbourhoods_and_the_hottest_answer_that_the_day_allows(steer, horizon):
    """Gain at its upper bound, blood flow at its lowest; guards at two moments, the target at the first."""
    lattice, heats = horizon.lattice, steer.prepared.patterns
    worst = ThermalModel(lattice, heats.sines, PERFUSION_PER_S / PERFUSION_SPREAD, heats.points)
    gain = gain_of(worst, heats, steer.response, steer.plan, steer.response.rise_degC.upper)
    nothing = np.zeros(lattice.cells)
    field = {
        leases: np.stack([worst.advanced(nothing, each, 3.0 * leases) for each in gain * heats.points.T], axis=1)
        for leases in GUARD_LEASES
    }
    regions = [(leases, blocks) for leases in GUARD_LEASES for blocks in lattice.guards]
    regions.append((GUARD_LEASES[0], lattice.target_blocks))
    rows = [np.ones((1, steer.count)), steer.foci.neighbours.astype(float)]
    rows += [field[leases][lattice.within[blocks]].max(axis=1) for leases, blocks in regions]
    assert unscaled(horizon) == pytest.approx(np.concatenate(rows), rel=1e-6, abs=1e-12)
    assert (unscaled(horizon) >= 0.0).all()


@pytest.mark.verifies("SRS-203")
def test_a_points_own_joule_counts_by_what_a_lease_hides(steer):
    twice = HiddenPeak(2.0 * steer.plan.sonication.partial_volume_factor)
    plan = attrs.evolve(steer.plan, hidden_peak=twice)
    rows = unscaled(horizon_of(plan, steer.foci, steer.prepared, steer.response))[1 : 1 + steer.count]
    assert rows == pytest.approx(steer.foci.neighbours + np.eye(steer.count))


def test_bounds_are_limits_less_what_comes_and_k_uncertainties(steer, horizon):
    course = attrs.evolve(steer.course(thermal=steer.thermal(np.full(steer.voxels, 38.0), 0.2, 0.1)), most_W=31.0)
    blocks = blocks_of(course.given.thermal, horizon.lattice, 37.0)
    nothing = np.zeros(horizon.lattice.cells)
    free = free_rises(horizon, nothing, nothing)
    _, bounds = programme(horizon, free, blocks, course, np.zeros(steer.count))
    half = steer.plan.limits.coverage_factor * np.sqrt(0.1**2 + KEPT_NOISE * 0.2**2 / voxels_of(horizon))
    bearable = headroom_J(course.given.thermal, steer.foci, steer.response, steer.plan, np.zeros(steer.count)) / 3.0
    wanted = [[31.0], bearable]
    for _ in GUARD_LEASES:
        wanted += [
            np.full(len(blocks_), guard.max_degC - 37.0) - half[blocks_]
            for blocks_, guard in zip(horizon.lattice.guards, steer.plan.guard, strict=True)
        ]
    target = horizon.lattice.target_blocks
    wanted.append(np.full(len(target), steer.plan.limits.target_max_degC - 37.0) - half[target])
    assert bounds == pytest.approx(np.concatenate(wanted), abs=1e-4)


def voxels_of(horizon):
    return np.maximum(np.bincount(horizon.lattice.block_of, minlength=horizon.lattice.blocks), 1)


def test_a_guards_cell_that_is_not_seen_is_as_uncertain_as_the_worst_that_is(steer, horizon):
    region = horizon.lattice.guards[0]
    reasons = np.zeros(steer.voxels, dtype=np.uint8)
    inside = np.isin(horizon.lattice.block_of, region[:1])
    reasons[horizon.lattice.voxels[inside]] = Reason.FAT
    course = steer.course(thermal=steer.thermal(np.full(steer.voxels, 38.0), 0.3, 0.1, reasons))
    blocks = blocks_of(course.given.thermal, horizon.lattice, 37.0)
    assert blocks.seen[region[0]] == 0.0 and blocks.seen[region[1:]].all()
    nothing = np.zeros(horizon.lattice.cells)
    free = free_rises(horizon, nothing, nothing)
    _, bounds = programme(horizon, free, blocks, course, np.zeros(steer.count))
    first = 1 + steer.count
    assert bounds[first] == pytest.approx(bounds[first + 1 : first + len(region)].min())


def test_only_differences_between_neighbours_are_weighed_not_their_level(steer, horizon):
    weights = horizon.lattice.target_share
    aim = sum(a.T @ (weights[:, None] * a) for a in horizon.aims) / len(horizon.aims)
    even = horizon.shape.hessian - aim - horizon.steady * np.eye(steer.count)
    assert even @ np.ones(steer.count) == pytest.approx(np.zeros(steer.count), abs=1e-12)
    assert np.linalg.eigvalsh(even).min() >= -1e-12
    far = np.where(steer.foci.points_mm[:, 0] > 0.0, 1.0, -1.0)
    assert far @ even @ far > 0.01 * np.diag(aim).mean()


def test_what_was_lent_before_pulls_towards_itself(steer, horizon):
    course = steer.course(41.0)
    blocks = blocks_of(course.given.thermal, horizon.lattice, 37.0)
    nothing = np.zeros(horizon.lattice.cells)
    free = free_rises(horizon, nothing, nothing)
    rest, lent = (programme(horizon, free, blocks, course, np.full(steer.count, each))[0] for each in (0.0, 0.5))
    assert rest - lent == pytest.approx(np.full(steer.count, 0.5 * horizon.steady))
