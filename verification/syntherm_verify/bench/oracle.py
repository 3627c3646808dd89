"""What no controller can beat: the best steady temperatures that the same focal points can hold, with all known.

The physics is linearised about a field that was reached: perfusion stands still at what it is there. In the steady
state the field is then linear in the powers, and one programme is convex: the least difference between the mean of
the hottest tenth of the tumour and that of its coldest tenth, at the given mean, within the plan's power and the
guards' limits. The span of its answer, hot10 - cold90, is what controllers are compared with. For verification only.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from syntherm.core.plan.values import Plan
from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.bioheat import ARTERIAL_DEGC, DILATED_AT_DEGC
from syntherm_sim.physics.medium import face_conductance, medium_of

F64 = NDArray[np.float64]
Field = NDArray[np.float32]
Mask = NDArray[np.bool_]
TENTH: Final = 0.1
SETTLED: Final = 1e-4
MOST_ITERATIONS: Final = 600
TOGETHER: Final = 16
MOST_VOXELS: Final = 500
"""A larger tumour's programme takes every so manieth voxel; its answer is judged on all of them."""


class NoOptimum(ArithmeticError):
    """The steady state or the programme was not solved."""


def steady_rises(anatomy: Anatomy, about_degC: Field, patterns: Field, kept: Mask) -> tuple[F64, F64]:
    """Steady temperature of the kept voxels without beam, degC, and its rise per watt on each point [kept, points].

    Raises NoOptimum.
    """
    matrix, free, rest = balance(anatomy, about_degC)
    inside = kept.reshape(-1)[free]
    base = ARTERIAL_DEGC + solved(matrix, rest[:, None])[inside, 0]
    heats = patterns.reshape(len(patterns), -1)[:, free].T
    parts = [solved(matrix, heats[:, i : i + TOGETHER])[inside] for i in range(0, heats.shape[1], TOGETHER)]
    return base, np.concatenate(parts, axis=1)


def balance(anatomy: Anatomy, about_degC: Field) -> tuple[sparse.csr_matrix, NDArray[np.intp], F64]:
    """The steady balance of the voxels that are free to warm, and what heats them without beam, W/m3."""
    medium, shape = medium_of(anatomy), anatomy.labels.shape
    number = np.arange(int(np.prod(shape))).reshape(shape)
    theta = about_degC.astype(np.float64) - ARTERIAL_DEGC
    share = np.clip(theta / (DILATED_AT_DEGC - ARTERIAL_DEGC), 0.0, 1.0)
    opened = 1.0 + (medium.dilation - 1.0) * share**2 * (3.0 - 2.0 * share)
    diagonal = (medium.perfusion_W_per_m3_K * opened).reshape(-1).astype(np.float64)
    rows, columns, values = [], [], []
    for axis in range(3):
        faces = face_conductance(medium, axis).astype(np.float64)[1:-1, 1:-1, 1:-1]
        last = [slice(None)] * 3
        last[axis] = slice(-1, None)
        np.add.at(diagonal, number[tuple(last)].reshape(-1), faces[tuple(last)].reshape(-1))
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        a, b, g = number[tuple(low)].reshape(-1), number[tuple(high)].reshape(-1), faces[tuple(low)].reshape(-1)
        rows += [a, b]
        columns += [b, a]
        values += [-g, -g]
        np.add.at(diagonal, a, g)
        np.add.at(diagonal, b, g)
    links = sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (number.size, number.size)
    )
    held = medium.held.reshape(-1)
    free = np.flatnonzero(~held)
    from_held = -links[free] @ np.where(held, theta.reshape(-1), 0.0)
    rest = medium.metabolic_W_per_m3.reshape(-1)[free].astype(np.float64) + from_held
    return (links[free][:, free] + sparse.diags(diagonal[free])).tocsr(), free, rest


def solved(matrix: sparse.csr_matrix, right: NDArray[np.floating]) -> F64:
    """Conjugate gradients with the diagonal taken out, several right sides at once. Raises NoOptimum."""
    right = right.astype(np.float64)
    inverse = 1.0 / matrix.diagonal()[:, None]
    found, left = np.zeros_like(right), right.copy()
    along = inverse * left
    size = (left * along).sum(axis=0)
    begun = size.copy()
    for _ in range(MOST_ITERATIONS):
        image = matrix @ along
        step = size / np.maximum((along * image).sum(axis=0), 1e-300)
        found += step * along
        left -= step * image
        conditioned = inverse * left
        after = (left * conditioned).sum(axis=0)
        if bool((after <= SETTLED**2 * begun).all()):
            return found
        along = conditioned + after / np.maximum(size, 1e-300) * along
        size = after
    raise NoOptimum(f"steady state not reached in {MOST_ITERATIONS} iterations")


def least_span_degC(base: F64, rises: F64, tumour: Mask, limits: F64, mean_degC: float, plan: Plan) -> float:
    """hot10 - cold90 of the best powers; `tumour` and `limits` (degC, infinite for none) are over the kept voxels.

    A mean that the beam cannot reach is lowered to what it can. Raises NoOptimum.
    """
    bound = np.flatnonzero(np.isfinite(limits))
    for lowered in np.arange(0.0, 4.0, 0.25):
        powers = _programme(base, rises, tumour, bound, limits, mean_degC - lowered, plan.sonication.max_power_W)
        if powers is not None:
            field = (base + rises @ powers)[tumour]
            cold90, hot10 = np.quantile(field, [TENTH, 1.0 - TENTH])
            return float(hot10 - cold90)
    raise NoOptimum("no mean within 4 degC of the wanted one can be held")


def _programme(
    base: F64, rises: F64, tumour: Mask, bound: NDArray[np.intp], limits: F64, mean_degC: float, most_W: float
) -> F64 | None:
    """Powers with the least difference of the tenths' means (conditional value at risk), by linear programming."""
    every = max(1, int(np.ceil(int(tumour.sum()) / MOST_VOXELS)))
    inside, offset = rises[tumour][::every], base[tumour][::every]
    count, points = inside.shape
    # Unknowns: powers, hot and cold thresholds, excess above the one and lack below the other, per voxel.
    cost = np.concatenate([np.zeros(points), [1.0, -1.0], np.full(2 * count, 1.0 / (TENTH * count))])
    eye, none, one = sparse.eye(count), sparse.csr_matrix((count, count)), np.ones((count, 1))
    hot = sparse.hstack([inside, -one, 0.0 * one, -eye, none])
    cold = sparse.hstack([-inside, 0.0 * one, one, none, -eye])
    pad = sparse.csr_matrix((len(bound), 2 + 2 * count))
    guards = sparse.hstack([rises[bound], pad])
    total = sparse.csr_matrix(np.concatenate([np.ones(points), np.zeros(2 + 2 * count)]))
    mean = sparse.csr_matrix(np.concatenate([inside.mean(axis=0), np.zeros(2 + 2 * count)]))
    found = linprog(
        cost,
        A_ub=sparse.vstack([hot, cold, guards, total]).tocsr(),
        b_ub=np.concatenate([-offset, offset, limits[bound] - base[bound], [most_W]]),
        A_eq=mean,
        b_eq=[mean_degC - float(offset.mean())],
        bounds=[(0.0, None)] * points + [(None, None)] * 2 + [(0.0, None)] * (2 * count),
        method="highs",
    )
    return np.asarray(found.x[:points]) if found.status == 0 else None
