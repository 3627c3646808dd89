"""About the least time in which the same focal points can bring the target into its range, with all known.

The tissue warms linearly, with perfusion as it is before heating: nobody who heats has less of it. Powers stand still
from the start; those are chosen that warm the coldest tenth most by the moment in question, within the plan's power,
with the hottest tenth in range and the guards within their limits. For verification only.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from syntherm.core.plan.values import Plan
from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.grid import mesh_mm
from syntherm_sim.physics.medium import medium_of
from syntherm_sim.physics.tissue import Tissue
from syntherm_verify.bench.oracle import F64, MOST_VOXELS, TENTH, Field, Mask, NoOptimum, balance, solved

STEP_S: Final = 5.0
LOOK_S: Final = 15.0
LONGEST_S: Final = 600.0
BEYOND_MM: Final = 25.0
"""Of the target: so far heat spreads in these minutes, and it holds what the guards of a plan are near to."""


def least_rise_s(anatomy: Anatomy, start_degC: Field, patterns: Field, limits_degC: F64, plan: Plan) -> float:
    """Seconds until cold90 is the plan's least; infinite if it is not within LONGEST_S. `limits_degC`: of each voxel.

    `patterns`: heat of each point, W/m3 per W, shape (points, voxels). Raises NoOptimum.
    """
    matrix, near, capacity = _near(anatomy, start_degC, plan)
    tumour = (anatomy.labels == Tissue.TUMOUR).reshape(-1)[near]
    base, limits = start_degC.reshape(-1)[near].astype(np.float64), limits_degC.reshape(-1)[near]
    bound = np.flatnonzero(np.isfinite(limits) & ~tumour)
    heats = patterns.reshape(len(patterns), -1)[:, near].T.astype(np.float64)
    stepped = sparse.diags(capacity / STEP_S) + 0.5 * matrix
    rises, before = np.zeros_like(heats), (0.0, float(np.quantile(base[tumour], TENTH)))
    wanted = plan.heating.range_cold90_min_degC
    for number in range(1, round(LONGEST_S / STEP_S) + 1):
        rises = rises + solved(stepped.tocsr(), heats - matrix @ rises)
        at_s = number * STEP_S
        if at_s % LOOK_S:
            continue
        cold90 = _warmest(base, rises, tumour, bound, limits, plan)
        if cold90 >= wanted:
            return before[0] + (at_s - before[0]) * (wanted - before[1]) / (cold90 - before[1])
        before = (at_s, cold90)
    return float("inf")


def _near(anatomy: Anatomy, about_degC: Field, plan: Plan) -> tuple[sparse.csr_matrix, NDArray[np.intp], F64]:
    """The balance about the target, its voxels, and their heat capacity, J/m3/K; outside nothing warms."""
    matrix, free, _ = balance(anatomy, about_degC)
    apart2 = sum((axis - centre) ** 2 for axis, centre in zip(mesh_mm(), plan.target.centre_mm, strict=True))
    reach_mm = max(plan.target.radii_mm) + BEYOND_MM
    chosen = np.flatnonzero(np.broadcast_to(apart2, anatomy.labels.shape).reshape(-1)[free] <= reach_mm**2)
    capacity = medium_of(anatomy).heat_capacity_J_per_m3_K.reshape(-1)[free[chosen]].astype(np.float64)
    return matrix[chosen][:, chosen].tocsr(), free[chosen], capacity


def _warmest(base: F64, rises: F64, tumour: Mask, bound: NDArray[np.intp], limits: F64, plan: Plan) -> float:
    """cold90 under the powers with the warmest coldest tenth (its mean, by linear programming). Raises NoOptimum."""
    every = max(1, int(np.ceil(int(tumour.sum()) / MOST_VOXELS)))
    inside, offset = rises[tumour][::every], base[tumour][::every]
    count, points = inside.shape
    # Unknowns: powers, thresholds of the cold and of the hot tenth, lack below the one and excess above the other.
    share = 1.0 / (TENTH * count)
    cost = np.concatenate([np.zeros(points), [-1.0, 0.0], np.full(count, share), np.zeros(count)])
    eye, none, one = sparse.eye(count), sparse.csr_matrix((count, count)), np.ones((count, 1))
    cold = sparse.hstack([-inside, one, 0.0 * one, -eye, none])
    hot = sparse.hstack([inside, 0.0 * one, -one, none, -eye])
    rest = 2 + 2 * count
    hottest = np.concatenate([np.zeros(points), [0.0, 1.0], np.zeros(count), np.full(count, share)])
    total = np.concatenate([np.ones(points), np.zeros(rest)])
    guards = sparse.hstack([rises[bound], sparse.csr_matrix((len(bound), rest))])
    found = linprog(
        cost,
        A_ub=sparse.vstack([cold, hot, guards, sparse.csr_matrix(np.stack([hottest, total]))]).tocsr(),
        b_ub=np.concatenate(
            [
                offset,
                -offset,
                limits[bound] - base[bound],
                [plan.heating.range_hot10_max_degC, plan.sonication.max_power_W],
            ]
        ),
        bounds=[(0.0, None)] * points + [(None, None)] * 2 + [(0.0, None)] * (2 * count),
        method="highs",
    )
    if found.status != 0:
        raise NoOptimum(f"the programme of the fastest rise was not solved: {found.message}")
    return float(np.quantile((base + rises @ found.x[:points])[tumour], TENTH))
