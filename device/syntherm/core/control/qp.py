"""A small convex quadratic programme, solved with a certificate.

    minimise 1/2 u'Hu + f'u   subject to   A u <= b,   0 <= u <= high

Every entry of A is 0 or more (more power never cools), so that u = 0 is feasible wherever b is not negative, and any u
can be scaled down until it is feasible: what `solve` returns always is.

Method: alternating directions, with heavier penalties on the rows that bind, a fixed limit on iterations and a warm
start. Certificate: for any y >= 0, the smallest value over the box of the Lagrangian, linearised at u, lies below
the optimum; its distance from the value at u is the gap. It rests on nothing that the iterations did.
"""

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
ITERATIONS: Final = 400
LOOK_EVERY: Final = 10
RELAXATION: Final = 1.6
LIGHT: Final = 0.03
BOX: Final = 2.0
HEAVY: Final = 3.0
"""Penalties over the mean diagonal of H: of a row without a price, of the box, and of a row that has one, as it then
binds. Rows have norm 1. The penalties change the speed only."""
STIFF: Final = 10.0
STIFF_AFTER: Final = 80
"""Where many rows bind, prices are high: after so many iterations box and binding rows weigh so much more, and go on
to do so at the next start."""


@attrs.frozen(eq=False)
class Shape:
    """What does not change between two images: H [n, n], A [m, n] with rows of norm 1, the upper ends of the box [n].

    `norms` were taken out of the rows; `weight` is the mean diagonal of H.
    """

    hessian: Vector
    rows: Vector
    high: Vector
    norms: Vector
    weight: float

    @classmethod
    def of(cls, hessian: Vector, rows: Vector, high: Vector) -> "Shape":
        """Prepare. Raises ValueError for a row with a negative entry, or for a Hessian that is nowhere positive."""
        weight = float(np.diag(hessian).mean())
        if not weight > 0.0 or not bool((rows >= 0.0).all()):
            raise ValueError("expected a positive Hessian and rows without negative entries")
        norms = np.maximum(np.sqrt((rows * rows).sum(axis=1)), 1e-12)
        return cls(hessian, rows / norms[:, None], high, norms, weight)


@attrs.frozen(eq=False)
class Weights:
    """The penalties, and the inverse of the matrix that they make; heavy on the rows that bind."""

    binding: NDArray[np.bool_]
    stiff: bool
    rows: Vector
    box: float
    inverse: Vector

    @classmethod
    def of(cls, shape: Shape, binding: NDArray[np.bool_], *, stiff: bool = False) -> "Weights":
        """Built anew only where other rows bind: it is most of the work."""
        factor = STIFF if stiff else 1.0
        rows = shape.weight * np.where(binding, factor * HEAVY, LIGHT)
        box = shape.weight * factor * BOX
        matrix = shape.hessian + (shape.rows.T * rows) @ shape.rows + box * np.eye(len(shape.high))
        return cls(binding, stiff, rows, box, np.asarray(np.linalg.inv(matrix)))


@attrs.frozen(eq=False)
class Start:
    """Where to begin: the split variables and their multipliers (prices), rows first; and the last weights."""

    rows: Vector
    box: Vector
    row_price: Vector
    box_price: Vector
    weights: Weights

    def weighed(self, shape: Shape, iteration: int) -> "Start":
        """With the weights of the rows that bind now."""
        binding, stiff = self.row_price > 0.0, self.weights.stiff or iteration > STIFF_AFTER
        if stiff == self.weights.stiff and bool((binding == self.weights.binding).all()):
            return self
        return attrs.evolve(self, weights=Weights.of(shape, binding, stiff=stiff))


@attrs.frozen(eq=False)
class Solution:
    """A feasible point, its value, and how far above the optimum it lies at most. `start`: for the next time."""

    u: Vector
    value: float
    gap: float
    iterations: int
    start: Start

    def within(self, tolerance: float) -> bool:
        """Whether the gap is certified to lie within `tolerance`."""
        return self.gap <= tolerance


def solve(shape: Shape, linear: Vector, bounds: Vector, tolerance: float, start: Start | None = None) -> Solution:
    """The point that is found within the limit of iterations; ask it whether it is within the tolerance.

    A bound below 0 cannot be kept and counts as 0: then nothing is allowed that touches its row.
    """
    b = np.maximum(bounds, 0.0) / shape.norms
    # Nothing is left to choose for a point that touches a row without room.
    full = b <= 0.0
    if bool(full.any()):
        shape = attrs.evolve(shape, high=np.where((shape.rows[full] > 0.0).any(axis=0), 0.0, shape.high))
    known = _cold(shape) if start is None else start
    best = _judged(shape, linear, b, known, 0)
    for iteration in range(1, ITERATIONS + 1):
        if best.within(tolerance):
            break
        if iteration % LOOK_EVERY == 1:
            known = known.weighed(shape, iteration)
        known = _stepped(shape, linear, b, known)
        if iteration % LOOK_EVERY == 0:
            found = _judged(shape, linear, b, known, iteration)
            best = found if found.gap < best.gap else attrs.evolve(best, iterations=iteration, start=known)
    return best


def _stepped(shape: Shape, linear: Vector, b: Vector, known: Start) -> Start:
    weights = known.weights
    pull = shape.rows.T @ (weights.rows * known.rows - known.row_price) + weights.box * known.box - known.box_price
    u = weights.inverse @ (pull - linear)
    mixed_rows = RELAXATION * (shape.rows @ u) + (1.0 - RELAXATION) * known.rows
    mixed_box = RELAXATION * u + (1.0 - RELAXATION) * known.box
    rows = np.minimum(mixed_rows + known.row_price / weights.rows, b)
    box = np.clip(mixed_box + known.box_price / weights.box, 0.0, shape.high)
    row_price = known.row_price + weights.rows * (mixed_rows - rows)
    return Start(rows, box, row_price, known.box_price + weights.box * (mixed_box - box), weights)


def _cold(shape: Shape) -> Start:
    count, rows = len(shape.high), len(shape.rows)
    weights = Weights.of(shape, np.zeros(rows, dtype=np.bool_))
    return Start(np.zeros(rows), np.zeros(count), np.zeros(rows), np.zeros(count), weights)


def _judged(shape: Shape, linear: Vector, b: Vector, known: Start, iteration: int) -> Solution:
    """The feasible point nearest to hand, and its certified gap."""
    u = feasible(shape, known.box, b)
    slope = shape.hessian @ u
    value = float(0.5 * u @ slope + linear @ u)
    price = np.maximum(known.row_price, 0.0)
    reduced = slope + linear + shape.rows.T @ price
    lowest = np.where(reduced > 0.0, -u, shape.high - u)
    gap = float(-(reduced @ lowest) - price @ (shape.rows @ u - b))
    return Solution(u, value, gap if np.isfinite(gap) else float("inf"), iteration, known)


def trimmed(shape: Shape, u: Vector, bounds: Vector) -> Vector:
    """Never more than `u` for any point, and within every row and the box."""
    return feasible(shape, u, np.maximum(bounds, 0.0) / shape.norms)


def feasible(shape: Shape, u: Vector, b: Vector) -> Vector:
    """`u` in the box, less of each point by the tightest of the rows that it touches; `b` is scaled as the rows are."""
    boxed = np.clip(u, 0.0, shape.high)
    used = shape.rows @ boxed
    share = np.divide(b, used, out=np.ones_like(b), where=used > b)
    tight = share < 1.0
    if not bool(tight.any()):
        return boxed
    return np.asarray(boxed * np.where(shape.rows[tight] > 0.0, share[tight, None], 1.0).min(axis=0))
