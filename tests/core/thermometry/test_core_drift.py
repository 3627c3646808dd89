"""The drift fit by examples; its rules are among the properties."""

import numpy as np
import pytest

from syntherm.core.thermometry.drift import basis, fit_drift
from syntherm.core.thermometry.regions import lay_out


def phasors(layout, angles):
    return np.exp(1j * angles).astype(np.complex64).reshape(layout.geometry.matrix)


def everything(layout):
    return np.ones(len(layout.points_mm), dtype=np.bool_)


def test_basis():
    columns = basis(np.array([[50.0, 0.0, -25.0]], dtype=np.float32))
    assert columns.tolist() == [[1.0, 1.0, 0.0, -0.5]]


@pytest.mark.verifies("SRS-402")
def test_heat_elsewhere_does_not_move_the_fit(bench):
    layout = bench.layout
    angles = np.zeros(len(layout.points_mm))
    angles[layout.target.voxels] = 1.0
    drift = fit_drift(phasors(layout, angles), layout, everything(layout))
    assert drift is not None
    assert np.abs(drift.field_rad).max() < 1e-6
    assert drift.residual_rad < 1e-6


@pytest.mark.verifies("SRS-402", "SRS-404")
def test_too_few_usable_voxels_fit_nothing(bench):
    layout = bench.layout
    product = phasors(layout, np.random.default_rng(1).normal(0.0, 0.01, len(layout.points_mm)))
    usable = ~everything(layout)
    usable[layout.reference[::4]] = True
    assert usable.sum() == 11
    assert fit_drift(product, layout, usable) is None
    usable = ~everything(layout)
    usable[layout.reference] = True
    assert fit_drift(product, layout, usable) is not None


@pytest.mark.verifies("SRS-402", "SRS-404")
def test_nothing_is_fitted_when_too_few_agree_with_each_other(bench):
    layout = bench.layout
    product = phasors(layout, np.zeros(len(layout.points_mm))).copy()
    flat = product.reshape(-1)
    flat[layout.reference] = np.nan
    assert fit_drift(product, layout, everything(layout)) is None


@pytest.mark.verifies("SRS-413")
def test_what_the_fit_leaves_is_told(bench):
    layout = bench.layout
    rng = np.random.default_rng(3)
    angles = rng.normal(0.0, 0.05, len(layout.points_mm))
    drift = fit_drift(phasors(layout, angles), layout, everything(layout))
    assert drift is not None
    assert drift.residual_rad == pytest.approx(0.05, rel=0.3)
    assert drift.zero_order_rad == pytest.approx(0.0, abs=0.03)


@pytest.mark.verifies("SRS-402", "SRS-403")
def test_uncertainty_of_the_fit_grows_away_from_the_references(bench):
    layout = bench.layout
    rng = np.random.default_rng(4)
    drift = fit_drift(phasors(layout, rng.normal(0.0, 0.05, len(layout.points_mm))), layout, everything(layout))
    assert drift is not None
    apart = np.linalg.norm(layout.points_mm - layout.points_mm[layout.reference].mean(axis=0), axis=1)
    assert drift.variance_rad2[np.argmin(apart)] < drift.variance_rad2[np.argmax(apart)]
    assert (drift.variance_rad2 > 0.0).all()


def test_bright_references_count_for_more(bench):
    layout = bench.layout
    angles = np.zeros(len(layout.points_mm))
    half = np.random.default_rng(5).permutation(layout.reference)[::2]
    angles[half] = 0.02
    bright = phasors(layout, angles).copy()
    bright.reshape(-1)[half] *= 20.0
    drift = fit_drift(bright, layout, everything(layout))
    assert drift is not None
    assert drift.field_rad[layout.reference].mean() == pytest.approx(0.02, abs=0.003)


@pytest.mark.verifies("SRS-402")
def test_a_few_outliers_in_one_place_are_dropped(bench):
    layout = lay_out(bench.full)
    angles = np.random.default_rng(6).normal(0.0, 0.01, len(layout.points_mm))
    angles[layout.reference[:8]] += 0.5
    drift = fit_drift(phasors(layout, angles), layout, everything(layout))
    assert drift is not None
    assert np.abs(drift.field_rad[layout.target.voxels]).max() < 0.004
    assert drift.residual_rad < 0.012
