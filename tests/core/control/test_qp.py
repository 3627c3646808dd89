"""The programme's solver against scipy's, and its certificate against the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from syntherm.core.control import qp


def problem(seed, count, rows):
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(count + 1, count))
    hessian = factor.T @ factor + 0.05 * np.eye(count)
    matrix = np.concatenate(
        [np.ones((1, count)), rng.uniform(0.0, 1.0, (rows, count)) * (rng.random((rows, count)) < 0.7)]
    )
    high = rng.uniform(0.2, 2.0, count)
    linear = -2.0 * rng.random(count) * hessian.sum(axis=1) - rng.normal(size=count)
    bounds = np.concatenate([[0.5 * high.sum()], rng.uniform(-0.1, 1.0, rows)])
    return qp.Shape.of(hessian, matrix, high), linear, bounds


def by_scipy(shape, linear, bounds):
    rows, b = shape.rows * shape.norms[:, None], np.maximum(bounds, 0.0)
    found = minimize(
        lambda u: 0.5 * u @ shape.hessian @ u + linear @ u,
        np.zeros(len(linear)),
        jac=lambda u: shape.hessian @ u + linear,
        bounds=[(0.0, high) for high in shape.high],
        constraints={"type": "ineq", "fun": lambda u: b - rows @ u, "jac": lambda u: -rows},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    return found.fun


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 8), rows=st.integers(0, 5))
def test_it_finds_the_optimum_that_scipy_finds_and_knows_it(seed, count, rows):
    shape, linear, bounds = problem(seed, count, rows)
    best, found = by_scipy(shape, linear, bounds), qp.solve(shape, linear, bounds, 1e-6)
    assert found.value == pytest.approx(0.5 * found.u @ shape.hessian @ found.u + linear @ found.u)
    assert found.value >= best - 1e-6
    assert found.value - found.gap <= best + 1e-6  # the certificate holds whether or not it converged
    if found.within(1e-6):
        assert found.value == pytest.approx(best, abs=2e-6)


def test_nearly_all_small_problems_converge():
    converged = [qp.solve(*problem(seed, 6, 3), 1e-4).within(1e-4) for seed in range(100)]
    assert sum(converged) >= 95


@given(
    seed=st.integers(0, 10_000),
    limit=st.floats(-2.0, 2.0),
    start=st.floats(-1e6, 1e6),
    tolerance=st.sampled_from([0.0, 1e-4, 1.0]),
)
def test_what_it_returns_is_always_feasible_and_the_same_again(seed, limit, start, tolerance):
    shape, linear, bounds = problem(seed, 7, 4)
    bounds[1:] = limit * bounds[1:]
    weights = qp.Weights.of(shape, np.zeros(5, dtype=bool))
    wild = qp.Start(np.full(5, start), np.full(7, start), np.full(5, start), np.full(7, start), weights)
    found, again = (qp.solve(shape, linear, bounds, tolerance, wild) for _ in range(2))
    assert np.isfinite(found.u).all() and (found.u >= 0.0).all() and (found.u <= shape.high).all()
    assert (shape.rows * shape.norms[:, None] @ found.u <= np.maximum(bounds, 0.0) * (1.0 + 1e-9) + 1e-12).all()
    assert (found.u == again.u).all() and found.gap == again.gap and found.iterations <= qp.ITERATIONS


def test_a_bound_below_zero_takes_everything_from_what_it_touches():
    rows = np.array([[1.0, 1.0, 0.0]])
    shape = qp.Shape.of(np.eye(3), rows, np.ones(3))
    found = qp.solve(shape, -np.ones(3), np.array([-0.5]), 1e-6)
    assert found.u[:2].tolist() == [0.0, 0.0] and found.u[2] == pytest.approx(1.0, abs=1e-3)


def test_a_warm_start_is_faster_and_the_limit_of_iterations_is_kept():
    shape, linear, bounds = problem(3, 8, 3)
    cold = qp.solve(shape, linear, bounds, 1e-6)
    assert qp.solve(shape, linear, bounds, 1e-6, cold.start).iterations == 0 < cold.iterations
    never = qp.solve(shape, linear, bounds, -1.0)
    assert never.iterations == qp.ITERATIONS and not never.within(-1.0)


def test_numbers_that_are_none_are_never_certified():
    shape, linear, bounds = problem(3, 4, 1)
    linear[0] = np.nan
    assert qp.solve(shape, linear, bounds, 1e-3).gap == np.inf


def test_the_certificate_is_no_number_that_the_iterations_could_flatter():
    shape, linear = qp.Shape.of(np.eye(1), np.ones((1, 1)), np.ones(1)), np.array([-0.5])
    weights = qp.Weights.of(shape, np.zeros(1, dtype=bool))
    far = qp.Start(np.zeros(1), np.array([1.0]), np.array([-7.0]), np.array([9.0]), weights)
    found = qp.solve(shape, linear, np.array([2.0]), np.inf, far)
    assert found.iterations == 0 and found.u.tolist() == [1.0] and found.gap == pytest.approx(0.5)


@pytest.mark.parametrize(("hessian", "row"), [(-1.0, 1.0), (0.0, 1.0), (1.0, -1.0), (1.0, np.nan)])
def test_what_has_no_meaning_is_refused(hessian, row):
    with pytest.raises(ValueError, match="positive Hessian"):
        qp.Shape.of(np.full((1, 1), hessian), np.full((1, 1), row), np.ones(1))
