"""The drug in a voxel by closed forms and by fine steps, also where two of its exponents meet."""

import attrs
import numpy as np
import pytest
from drug_ranges import sampled

from syntherm.core.drug.members import members_of
from syntherm.core.drug.tissue import CELLS, ENCAPSULATED, FREE, INTERSTITIAL, POOLS, Artery, modes_of, step_member

MEMBERS = members_of(sampled(11))
MODES = modes_of(MEMBERS)
STILL = Artery(0.0, 0.0, 0.0, 0.0)


def fine(pools, release, artery, place, members, step_s, parts=20000):
    """The four equations in many explicit steps of second order."""
    flow, plasma = members.plasma_flow_per_s[place], members.plasma_fraction[place]
    exchange, gap = members.exchange_per_s[place], members.interstitial_fraction[place]
    out, back = exchange / plasma, exchange / gap
    into, from_cells = members.uptake_per_s[place], members.efflux_per_s[place]
    matrix = np.array([
        [-flow / plasma - release, 0.0, 0.0, 0.0],
        [release, -flow / plasma - out, back, 0.0],
        [0.0, out, -back - into, from_cells],
        [0.0, 0.0, into, -from_cells],
    ])  # fmt: skip
    h, y, released = step_s / parts, pools.copy(), 0.0
    for part in range(parts):
        u = (part + 0.5) / parts
        supply = np.zeros(4)
        supply[0] = flow * ((1 - u) * artery.liposomal_before + u * artery.liposomal_after)
        supply[1] = flow * ((1 - u) * artery.free_before + u * artery.free_after)
        half = y + 0.5 * h * (matrix @ y + supply)
        released += h * release * half[0]
        y = y + h * (matrix @ half + supply)
    return y, released


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 9])
@pytest.mark.parametrize("release", [0.0, 1e-4, 0.05, 0.35])
def test_a_step_is_what_many_small_ones_are(place, release):
    pools = np.array([0.3, 0.1, 0.2, 1.5])
    artery = Artery(20.0, 23.0, 0.4, 0.1)
    after, released = step_member(
        pools[:, None], np.array([release]), artery, place, MEMBERS, MODES, 3.0
    )  # fmt: skip
    expected, expected_released = fine(pools, release, artery, place, MEMBERS, 3.0)
    assert after[:, 0] == pytest.approx(expected, rel=1e-6)
    assert released[0] == pytest.approx(expected_released, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("place", "mode"), [(0, 2), (1, 1), (1, 2), (11, 2)])
@pytest.mark.parametrize("off", [0.0, 1e-13, 3e-6, -3e-6, 4e-6])
def test_exponents_that_meet(place, mode, off):
    """The release that makes encapsulated drug fall exactly as fast as a mode of free drug, and nearly so."""
    washout = MEMBERS.plasma_flow_per_s[place] / MEMBERS.plasma_fraction[place]
    release = MODES.decay_per_s[place, mode] - washout + off
    pools, artery = np.array([0.3, 0.1, 0.2, 1.5]), Artery(20.0, 23.0, 0.4, 0.1)
    after, _ = step_member(pools[:, None], np.array([release]), artery, place, MEMBERS, MODES, 3.0)
    expected, _ = fine(pools, release, artery, place, MEMBERS, 3.0)
    assert after[:, 0] == pytest.approx(expected, rel=1e-6)


def test_without_arterial_drug_the_vessels_wash_out():
    pools = np.zeros((POOLS, 1))
    pools[ENCAPSULATED] = 1.0
    after, released = step_member(pools, np.array([0.0]), STILL, 0, MEMBERS, MODES, 10.0)
    assert after[ENCAPSULATED, 0] == pytest.approx(np.exp(-10.0 * 1.62e-3 / 0.0171))
    assert released[0] == 0.0 and (after[FREE:] == 0.0).all()


def test_a_long_infusion_balances_vessels_interstitium_and_cells():
    pools = np.zeros((POOLS, 1))
    artery = Artery(0.0, 0.0, 2.0, 2.0)
    for _ in range(400):
        pools, _ = step_member(pools, np.array([0.0]), artery, 0, MEMBERS, MODES, 3600.0)
    ratio = MEMBERS.uptake_per_s[0] / MEMBERS.efflux_per_s[0]
    assert pools[FREE, 0] == pytest.approx(2.0 * MEMBERS.plasma_fraction[0], rel=1e-6)
    assert pools[INTERSTITIAL, 0] == pytest.approx(2.0 * MEMBERS.interstitial_fraction[0], rel=1e-6)
    assert pools[CELLS, 0] == pytest.approx(2.0 * MEMBERS.interstitial_fraction[0] * ratio, rel=1e-6)


def test_modes_gather_and_spread_a_pool_to_itself():
    one = MODES.spread @ MODES.gathered
    assert one == pytest.approx(np.broadcast_to(np.eye(3), one.shape), abs=1e-9)
    assert (MODES.decay_per_s > 0.0).all()


def test_voxels_do_not_touch_each_other():
    pools = np.tile(np.array([0.3, 0.1, 0.2, 1.5])[:, None], (1, 3))
    release = np.array([0.0, 0.05, 0.35])
    artery = Artery(20.0, 23.0, 0.4, 0.1)
    together, _ = step_member(pools, release, artery, 0, MEMBERS, MODES, 3.0)
    for voxel in range(3):
        alone, _ = step_member(pools[:, voxel : voxel + 1], release[voxel : voxel + 1], artery, 0, MEMBERS, MODES, 3.0)
        assert together[:, voxel] == pytest.approx(alone[:, 0], rel=1e-12)


def test_members_are_not_shared():
    slow = attrs.evolve(MEMBERS, uptake_per_s=MEMBERS.uptake_per_s * 0.5)
    assert not np.allclose(modes_of(slow).decay_per_s, MODES.decay_per_s)
