"""What is shown: intervals that hold the central member, regions by volume, and the account of what was infused."""

from itertools import pairwise

import numpy as np
import pytest
from drug_ranges import sampled

from syntherm.core.bounds import Bounded
from syntherm.core.drug.exposure import Shown, above_release, band, body, reached_share, region
from syntherm.core.drug.kinetics import advance, begin, prepare
from syntherm.core.drug.ledger import Ledger
from syntherm.core.drug.release import Heat

ALL = np.arange(10)


@pytest.fixture
def model():
    return prepare(sampled(3), np.full(10, 0.2), 2.0, 39.5)


@pytest.fixture
def state(model):
    found = np.linspace(38.0, 43.0, 10)
    state = begin(model, 0.0)
    for step in range(1, 61):
        state = advance(state, model, 30.0 * step, 0.75 * step, Heat(found - 0.3, found, found + 0.3))
    return state


@pytest.mark.parametrize("shown", list(Shown))
def test_every_map_holds_its_central_member(state, shown):
    found = band(state, shown)
    assert found.central.shape == (10,)
    assert (found.lower <= found.central).all() and (found.central <= found.upper).all()
    assert (found.lower >= 0.0).all() and (found.upper[5:] > found.lower[5:]).all()


def test_maps_are_made_of_their_pools(state):
    pools = state.tissue[0]
    assert band(state, Shown.TISSUE).central == pytest.approx(pools.sum(axis=0))
    assert band(state, Shown.INTERSTITIAL).central == pytest.approx(pools[2])
    assert band(state, Shown.CELLS).central == pytest.approx(pools[3])
    assert band(state, Shown.FREED).central == pytest.approx(pools[2] + pools[3])
    assert band(state, Shown.RELEASED).central == pytest.approx(state.released[0])
    assert band(state, Shown.CO_EXPOSURE).central == pytest.approx(state.co_exposure[0] / 60.0)


def test_a_map_is_no_view_of_the_state(state):
    band(state, Shown.RELEASED).central[:] = -1.0
    assert (state.released >= 0.0).all()


def test_seconds_above_release_are_a_band(state):
    found = above_release(state)
    assert (found.lower <= found.central).all() and (found.central <= found.upper).all()
    assert found.upper[-1] == 1800.0


def test_tenths_of_a_region_are_by_volume(model, state):
    counted = state.released.copy()
    counted[:] = np.arange(10.0)
    shown = region("target", ALL, _with(state, counted), model, Shown.RELEASED)
    assert shown.name == "target" and shown.voxels == 10
    assert shown.mean.estimate == pytest.approx(4.5)
    assert shown.high10.estimate == 9.0 and shown.low90.estimate == 1.0
    one = region("one", ALL[3:4], _with(state, counted), model, Shown.RELEASED)
    assert one.high10.estimate == one.low90.estimate == 3.0 == pytest.approx(one.mean.estimate)


def test_a_large_voxel_is_a_large_share(state):
    volumes = np.full(10, 0.1)
    volumes[0] = 8.1
    large = prepare(sampled(3), volumes, 2.0, 39.5)
    counted = np.tile(np.arange(10.0), (8, 1))
    shown = region("target", ALL, _with(state, counted), large, Shown.RELEASED)
    assert shown.low90.estimate == 0.0 and shown.high10.estimate == 1.0
    assert shown.mean.estimate == pytest.approx(0.1 * 45.0 / 9.0)
    share = reached_share(ALL, _with(state, counted), large, Shown.RELEASED, 1.0)
    assert share.estimate == pytest.approx(0.1)


def _with(state, released):
    return type(state)(
        state.at_s, state.patient_ml, state.body_mg, state.tissue, released, state.co_exposure, state.above_release_s
    )


def test_a_region_without_voxels_is_refused(model, state):
    none = np.arange(0)
    with pytest.raises(ValueError, match=r"region 'guard\\n': expected at least one voxel"):
        region("guard\n", none, state, model, Shown.TISSUE)
    with pytest.raises(ValueError, match="expected at least one voxel"):
        reached_share(none, state, model, Shown.TISSUE, 1.0)


def test_share_that_reaches_a_level_falls_with_the_level(model, state):
    shares = [reached_share(ALL, state, model, Shown.TISSUE, level) for level in (0.0, 0.5, 5.0, 1e6)]
    assert shares[0] == Bounded(1.0, 1.0, 1.0) and shares[-1] == Bounded(0.0, 0.0, 0.0)
    assert all(one.estimate >= other.estimate for one, other in pairwise(shares))


def test_the_account_of_the_body(model, state):
    shown = body(state, model, Ledger(heated_ml=40.0, unheated_ml=5.0))
    assert (shown.infused_heated_mg, shown.infused_unheated_mg) == (80.0, 10.0)
    assert shown.liposomal_ug_per_ml.estimate == pytest.approx(26.7, abs=0.2)
    assert shown.liposomal_ug_per_ml.upper <= 90.0 / 2.4
    assert 0.0 <= shown.released_mg.lower < shown.released_mg.upper < 2.0
    assert shown.leaked_mg.lower == 0.0 < shown.leaked_mg.upper
    assert shown.free_ug_per_ml.upper > shown.free_ug_per_ml.lower > 0.0
