"""The model's lattice and its heat: where cells lie, steps that are stable and monotone, the day's gain."""

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.control.estimate import Estimate, blocks_of, carried, first_estimate, heated
from syntherm.core.control.horizon import horizon_of
from syntherm.core.control.lattice import lay_lattice
from syntherm.core.control.remembering import Lent
from syntherm.core.control.thermal_model import Sines, ThermalModel, gain_of, patterns_of
from syntherm.core.thermometry.regions import lay_out
from syntherm.core.thermometry.validity import Reason


@pytest.fixture(scope="module")
def lattice(steer):
    return lay_lattice(steer.plan, steer.layout)


@pytest.fixture(scope="module")
def heats(steer, lattice):
    return patterns_of(lattice, steer.foci, steer.plan)


@pytest.fixture(scope="module")
def model(steer, heats):
    unit = ThermalModel(heats.lattice, heats.sines, 0.004, heats.points)
    return attrs.evolve(unit, heating=gain_of(unit, heats, steer.response, steer.plan, 1.5) * heats.points)


def test_every_voxel_of_the_image_lies_in_the_block_around_it(steer, lattice):
    middle = lattice.points_mm[lattice.within].mean(axis=1)
    apart = np.abs(steer.layout.points_mm[lattice.voxels] - middle[lattice.block_of])
    half_mm = (lattice.points_mm[lattice.within].max(axis=1) - middle)[0] + np.asarray(lattice.cell_mm) / 2.0
    assert (apart <= half_mm + 1e-6).all()
    assert lattice.target_voxels.sum() == len(steer.layout.target.voxels)
    assert set(steer.layout.guards[0].voxels) <= set(lattice.voxels)
    assert lattice.cells == np.prod(lattice.shape) and sorted(lattice.within.reshape(-1)) == list(range(lattice.cells))


def test_blocks_join_small_voxels_and_cells_divide_large_ones(steer, bench):
    fine = attrs.evolve(bench.plan.scanner, voxel_mm=(1.5, 2.0, 5.0), matrix=(32, 24, 4))
    plan = attrs.evolve(bench.plan, scanner=fine)
    found = lay_lattice(plan, lay_out(plan))
    assert found.cell_mm == pytest.approx((3.0, 4.0, 5.0 / 3.0)) and found.within.shape[1] == 3


def test_an_image_shows_the_mean_of_a_blocks_cells(lattice):
    values = np.random.default_rng(2).random(lattice.blocks)
    assert lattice.seen(lattice.spread(values)) == pytest.approx(values)
    assert lattice.seen(lattice.points_mm[:, 2])[0] == pytest.approx(lattice.points_mm[lattice.within[0], 2].mean())


def test_the_target_is_its_ellipsoid_whatever_the_voxels(steer, lattice):
    middle = (lattice.target_share[:, None] * lattice.points_mm[lattice.target]).sum(axis=0)
    assert lattice.target_share.sum() == pytest.approx(1.0)
    assert middle == pytest.approx(np.asarray(steer.plan.target.centre_mm), abs=0.3)


@given(start=st.floats(-5.0, 10.0), seconds=st.floats(0.0, 400.0))
def test_without_heat_nothing_grows_and_time_may_be_cut_anywhere(model, lattice, start, seconds):
    rise, nothing = np.full(lattice.cells, start), np.zeros(lattice.cells)
    after = model.advanced(rise, nothing, seconds)
    assert np.abs(after).max() <= abs(start) + 1e-9
    assert (after * start >= -1e-9).all()


def test_more_power_is_never_cooler_and_heat_adds_up(model, lattice, steer):
    rng = np.random.default_rng(1)
    one, two = rng.random((2, steer.count))
    zero = np.zeros(lattice.cells)
    warm = [model.advanced(zero, model.heating @ each, 30.0) for each in (one, two, one + two)]
    assert (warm[2] >= warm[0] - 1e-9).all() and warm[2] == pytest.approx(warm[0] + warm[1])


def test_in_the_middle_of_wide_tissue_blood_carries_heat_away_at_its_rate(lattice):
    wide = attrs.evolve(lattice, shape=(41, 41, 41), points_mm=np.zeros((41**3, 3)))
    model = ThermalModel(wide, Sines.of(wide), 0.01, np.zeros((41**3, 1)))
    after = model.advanced(np.ones(41**3), np.zeros(41**3), 60.0).reshape(41, 41, 41)
    assert after[20, 20, 20] == pytest.approx(np.exp(-0.6), rel=0.03)


def test_heat_spreads_as_the_diffusivity_says(lattice):
    wide = attrs.evolve(lattice, shape=(31, 31, 31), cell_mm=(2.0, 2.0, 2.0), points_mm=np.zeros((31**3, 3)))
    model = ThermalModel(wide, Sines.of(wide), 0.0, np.zeros((31**3, 1)))
    point = np.zeros((31, 31, 31))
    point[15, 15, 15] = 1.0
    after = model.advanced(point.reshape(-1), np.zeros(31**3), 50.0).reshape(31, 31, 31)
    place = 2.0 * (np.arange(31) - 15.0)
    assert after.sum() == pytest.approx(1.0, abs=1e-3)
    assert (after.sum(axis=(1, 2)) * place**2).sum() == pytest.approx(2.0 * 0.14 * 50.0, rel=0.01)


def test_the_model_of_the_test_sonication_shows_its_rise(steer, heats, model):
    """150 J at 10 W for 15 s, as the response says by its upper bound and its rise per joule."""
    gain = model.heating[:, 0].max() / heats.points[:, 0].max()
    tested = model.advanced(np.zeros(len(heats.centre)), gain * heats.centre * 10.0, 15.0)
    assert model.lattice.seen(tested).max() == pytest.approx(1.5)
    assert gain_of(model, heats, steer.response, steer.plan, 0.0) is None


def test_a_focal_point_heats_around_itself(model, lattice, steer):
    for number in (0, steer.count // 2, steer.count - 1):
        hottest = lattice.points_mm[int(np.argmax(model.heating[:, number]))]
        assert (np.abs(hottest - steer.foci.points_mm[number]) <= np.asarray(lattice.cell_mm) / 2.0 + 1e-6).all()
    assert (model.heating >= 0.0).all()


def test_leases_heat_only_while_they_sound(model, lattice, steer):
    zero, powers = np.zeros(lattice.cells), np.full(steer.count, 0.2)
    lents = (Lent(powers, 1.0, 3.0), Lent(2.0 * powers, 3.0, 5.0), Lent(powers, 50.0, 60.0))
    known = Estimate.of(model, zero, zero, 0.0)
    got = model.sines.turned(carried(model, known, tuple(heated(model, lent) for lent in lents), 6.0))
    heat = model.heating @ powers
    by_hand = model.advanced(model.advanced(model.advanced(zero, heat, 2.0), 2.0 * heat, 2.0), zero, 1.0)
    assert got == pytest.approx(by_hand)


def test_blocks_are_means_of_their_valid_voxels(steer, lattice, model):
    reasons = np.zeros(steer.voxels, dtype=np.uint8)
    reasons[steer.layout.guards[0].voxels] = Reason.FAT
    blocks = blocks_of(steer.thermal(np.full(steer.voxels, 39.0), 0.4, 0.3, reasons), lattice, 37.0)
    seen = blocks.seen > 0.0
    assert not seen[lattice.guards[0]].any() and seen[lattice.target_blocks].all()
    assert blocks.rise[seen] == pytest.approx(2.0) and blocks.common[seen] == pytest.approx(0.3, rel=1e-5)
    assert blocks.own[seen] == pytest.approx(0.4, rel=1e-5)
    assert (lattice.seen(first_estimate(model, blocks, 1.0).rise)[~seen] == 0.0).all()


def test_a_target_without_cells_has_no_horizon(steer):
    nominal = steer.prepared.nominal
    lattice = attrs.evolve(nominal.lattice, target=nominal.lattice.target[:0])
    prepared = attrs.evolve(steer.prepared, nominal=attrs.evolve(nominal, lattice=lattice))
    assert horizon_of(steer.plan, steer.foci, prepared, steer.response) is None
