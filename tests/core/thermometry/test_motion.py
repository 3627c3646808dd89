"""A displacement put in comes out, within its uncertainty; what is not movement is not taken for it."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantom import Phantom, phantom_plan

from syntherm.core.thermometry.motion import (
    STILL,
    Displacement,
    displaced,
    matcher,
    moved,
    placing_of,
    significant,
    thinned,
)

PLAN = phantom_plan()
PHANTOM = Phantom(PLAN, 1)
BASELINE, ANCHOR, _ = PHANTOM.learned()
W = PLAN.thermometry


def found(image, anchor=ANCHOR) -> Displacement:
    return displaced(anchor.body, BASELINE.reference, np.abs(image).reshape(-1), W)


mm = st.floats(-0.8, 0.8)


@pytest.mark.verifies("SRS-414", "RC-09")
@settings(max_examples=25)
@given(mm, mm, st.floats(-0.6, 0.6), st.integers(0, 9))
def test_a_movement_is_found_within_its_uncertainty(x, y, z, seed):
    body = found(Phantom(PLAN, seed).image(moved_mm=(x, y, z)))
    off = np.abs(np.subtract(body.offset_mm, (x, y, z))) / np.asarray(body.sd_mm)
    assert body.settled and (off < 4.0).all()
    assert body.gain == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_a_still_image_lies_still(seed):
    body = found(Phantom(PLAN, 20 + seed).image())
    assert body.length_mm < 0.1 and body.misfit < 1.3
    assert significant(body)[:2] == (0.0, 0.0)


@pytest.mark.verifies("SRS-414", "RC-09")
@pytest.mark.parametrize("offset", [(3.0, 0.0, 0.0), (0.0, -3.0, 0.0), (2.0, 2.0, 2.0), (0.0, 0.0, 4.0), (8.0, 0, 0)])
def test_a_large_movement_is_never_taken_for_a_small_one(offset):
    body = found(PHANTOM.image(moved_mm=offset))
    assert body.length_mm > 1.5 or not body.settled or body.misfit > W.misfit_ratio


@pytest.mark.parametrize("scale", [0.7, 1.4])
def test_brightness_is_no_movement(scale):
    body = found(PHANTOM.image(scale=scale))
    assert body.gain == pytest.approx(scale, rel=0.01) and body.length_mm < 0.1


def test_a_void_is_cut_and_hardly_moves_the_rest():
    image = PHANTOM.image(moved_mm=(0.4, 0.0, 0.0))
    flat, points = image.reshape(-1), PHANTOM.layout.points_mm
    flat[np.linalg.norm(points - np.array([24.0, 0.0, 0.0]), axis=1) < 7.0] = 0.0
    body = found(image)
    assert body.offset_mm[0] == pytest.approx(0.4, abs=0.15)
    assert body.misfit > 1.5


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_an_image_of_nothing_is_not_matched(bad):
    body = found(np.full(PLAN.scanner.matrix, bad, dtype=np.complex64))
    assert not (body.settled and body.length_mm < W.motion_mm and body.misfit <= W.misfit_ratio)


def test_too_few_voxels_make_no_matcher():
    assert matcher(BASELINE.reference, np.arange(29), 1.0, (3.0, 3.0, 6.0)) is None
    assert matcher(BASELINE.reference, np.arange(30), 1.0, (3.0, 3.0, 6.0)) is not None


def test_thinning_keeps_order_and_number():
    voxels = np.arange(1000)
    assert len(thinned(voxels, 1000)) == 1000
    assert len(thinned(voxels, 999)) == 500


@pytest.mark.parametrize("voxels", [-2.3, -1.0, -0.4, 0.0, 0.25, 1.0, 1.7])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_ramp_moves_by_what_was_asked(axis, voxels):
    ramp = np.moveaxis(np.arange(9.0)[:, None, None] * np.ones((9, 4, 3)), 0, axis).astype(np.complex64)
    offset = tuple(2.0 * voxels if a == axis else 0.0 for a in range(3))
    there = np.moveaxis(moved(ramp, offset, (2.0, 2.0, 2.0)), axis, 0)
    assert there[3:6].real == pytest.approx(np.moveaxis(ramp, axis, 0)[3:6].real - voxels, abs=1e-5)


BODY = Displacement((0.5, 0.3, 0.0), (0.05, 0.05, 0.02), (0.02, 0.02, 0.02), 1.0, 1.0, True)


def test_an_image_that_shifted_as_a_whole_has_no_movement_of_its_own():
    assert placing_of(BODY, BODY).own_mm == STILL
    assert placing_of(BODY, None).own_mm == (0.5, 0.3, 0.0)
    still = attrs.evolve(BODY, offset_mm=STILL)
    assert placing_of(BODY, still).own_mm == pytest.approx((0.5, 0.3, 0.0))
    assert placing_of(still, BODY).own_mm == STILL


def test_what_is_not_followed_is_more_uncertain():
    little = attrs.evolve(BODY, offset_mm=(0.03, 0.5, 0.0))
    placing = placing_of(little, None)
    assert placing.offset_mm == (0.0, 0.5, 0.0)
    assert placing.sd_mm[0] == pytest.approx(np.hypot(0.05, 0.03)) and placing.sd_mm[1] == 0.05


def test_a_movement_that_never_settles_is_left_after_a_few_looks():
    known = attrs.evolve(ANCHOR.body, solve=ANCHOR.body.solve * np.array([[0.0], [2.2], [2.2], [2.2]], np.float32))
    size = np.abs(PHANTOM.image(moved_mm=(1.5, 0.0, 0.0))).reshape(-1)
    assert not displaced(known, BASELINE.reference, size, W).settled
