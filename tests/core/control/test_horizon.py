"""The programme of one image: bounds at their upper ends, evenness between neighbours, and what is not seen."""

import numpy as np
import pytest

from syntherm.core.control.estimate import KEPT_NOISE, cells_of
from syntherm.core.control.horizon import GUARD_LEASES, free_rises, horizon_of, programme
from syntherm.core.control.thermal_model import PERFUSION_PER_S, PERFUSION_SPREAD, model_of, patterns_of
from syntherm.core.thermometry.validity import Reason


@pytest.fixture(scope="module")
def horizon(steer):
    return horizon_of(steer.plan, steer.layout, steer.foci, steer.response)


def unscaled(horizon):
    return horizon.shape.rows * horizon.shape.norms[:, None]


def test_rows_hold_the_sum_and_the_hottest_answer_that_the_day_allows(steer, horizon):
    """Gain at its upper bound, blood flow at its lowest; guards at two moments, the target at the first."""
    heats = patterns_of(horizon.lattice, steer.foci, steer.plan)
    worst = model_of(
        heats, steer.response, steer.plan, steer.response.rise_degC.upper, PERFUSION_PER_S / PERFUSION_SPREAD
    )
    rows, field, past = [np.ones((1, steer.count))], np.zeros_like(worst.heating), 0
    for leases in GUARD_LEASES:
        field = worst.advanced(field, worst.heating, 3.0 * (leases - past))
        past = leases
        rows += [field[cells] for cells in horizon.lattice.guards]
        if leases == GUARD_LEASES[0]:
            first = field[horizon.lattice.target]
    assert unscaled(horizon) == pytest.approx(np.concatenate([*rows, first]), rel=1e-6)
    assert (unscaled(horizon) >= 0.0).all()


def test_bounds_are_limits_less_what_comes_and_k_uncertainties(steer, horizon):
    cells = cells_of(steer.thermal(np.full(steer.voxels, 38.0), 0.2, 0.1), horizon.lattice, 37.0)
    nothing = np.zeros(horizon.lattice.cells)
    free = free_rises(horizon, nothing, nothing, 3.0)
    _, bounds = programme(horizon, free, cells, steer.plan, np.zeros(steer.count))
    half = steer.plan.limits.coverage_factor * np.sqrt(0.1**2 + KEPT_NOISE * 0.2**2)
    wanted = [[steer.plan.sonication.max_power_W]]
    for _ in GUARD_LEASES:
        wanted += [
            np.full(len(cells_), guard.max_degC - 37.0 - half)
            for cells_, guard in zip(horizon.lattice.guards, steer.plan.guard, strict=True)
        ]
    wanted.append(np.full(len(horizon.lattice.target), steer.plan.limits.target_max_degC - 37.0 - half))
    assert bounds == pytest.approx(np.concatenate(wanted), abs=1e-4)


def test_a_guards_cell_that_is_not_seen_is_as_uncertain_as_the_worst_that_is(steer, horizon):
    region = horizon.lattice.guards[0]
    reasons = np.zeros(steer.voxels, dtype=np.uint8)
    inside = np.isin(horizon.lattice.cell_of, region[:1])
    reasons[horizon.lattice.voxels[inside]] = Reason.FAT
    cells = cells_of(steer.thermal(np.full(steer.voxels, 38.0), 0.3, 0.1, reasons), horizon.lattice, 37.0)
    assert cells.seen[region[0]] == 0.0 and cells.seen[region[1:]].all()
    nothing = np.zeros(horizon.lattice.cells)
    free = free_rises(horizon, nothing, nothing, 3.0)
    _, bounds = programme(horizon, free, cells, steer.plan, np.zeros(steer.count))
    assert bounds[1] == pytest.approx(bounds[2 : 1 + len(region)].min())


def test_only_differences_between_neighbours_are_weighed_not_their_level(steer, horizon):
    weights = horizon.lattice.target_voxels / horizon.lattice.target_voxels.sum()
    aim = sum(a.T @ (weights[:, None] * a) for a in horizon.aims) / len(horizon.aims)
    even = horizon.shape.hessian - aim - horizon.steady * np.eye(steer.count)
    assert even @ np.ones(steer.count) == pytest.approx(np.zeros(steer.count), abs=1e-12)
    assert np.linalg.eigvalsh(even).min() >= -1e-12
    far = np.where(steer.foci.points_mm[:, 0] > 0.0, 1.0, -1.0)
    assert far @ even @ far > 0.1 * np.diag(aim).mean()


def test_what_was_lent_before_pulls_towards_itself(steer, horizon):
    cells = cells_of(steer.thermal(np.full(steer.voxels, 41.0)), horizon.lattice, 37.0)
    nothing = np.zeros(horizon.lattice.cells)
    free = free_rises(horizon, nothing, nothing, 3.0)
    rest, lent = (programme(horizon, free, cells, steer.plan, np.full(steer.count, each))[0] for each in (0.0, 0.5))
    assert rest - lent == pytest.approx(np.full(steer.count, 0.5 * horizon.steady))
