"""What must hold for any treatment: no drug from nothing, none lost, none below zero, and the stated monotonicity."""

import attrs
import numpy as np
import pytest
from drug_ranges import RANGES, sampled
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.core.drug.exposure import Shown, band, unaccounted_mg
from syntherm.core.drug.kinetics import advance, begin, prepare
from syntherm.core.drug.members import NAMES
from syntherm.core.drug.release import Heat
from syntherm.core.drug.systemic import AMOUNTS, LIPOSOMAL
from syntherm.core.drug.systemic import FREE as SYSTEMIC_FREE

VOXELS = 3
CLINICAL = prepare(sampled(7), np.full(VOXELS, 1.2), 2.0, 39.5)
# Too little tissue to be felt by the body: what is proven for given arterial drug is then tested by itself.
TINY = prepare(sampled(7), np.full(VOXELS, 1e-7), 2.0, 39.5)

degrees = st.lists(st.floats(30.0, 50.0), min_size=VOXELS, max_size=VOXELS)
looks = st.lists(
    st.tuples(st.floats(0.2, 40.0), st.floats(0.0, 3.0), degrees, st.floats(0.0, 2.0)), min_size=1, max_size=12
)


def played(model, course, warmer=0.0):
    state = begin(model, 0.0)
    at_s = patient_ml = 0.0
    for step_s, gained_ml, degC, half in course:
        at_s, patient_ml = at_s + step_s, patient_ml + gained_ml
        found = np.asarray(degC) + warmer
        state = advance(state, model, at_s, patient_ml, Heat(found - half, found, found + half))
        yield state


@given(looks)
@settings(max_examples=150, deadline=None)
def test_nothing_is_negative_nothing_is_lost_and_nothing_comes_from_nothing(course):
    for state in played(CLINICAL, course):
        infused = state.patient_ml * 2.0
        for found in (state.body_mg, state.tissue, state.released, state.co_exposure, state.above_release_s):
            assert np.isfinite(found).all() and (found >= 0.0).all()
        assert np.abs(unaccounted_mg(state, CLINICAL)).max() <= 1e-12 * (1.0 + infused)
        held = state.tissue.sum(axis=1) @ CLINICAL.voxel_ml / 1000.0
        assert (held <= infused * (1.0 + 1e-12)).all()
        assert (state.released @ CLINICAL.voxel_ml / 1000.0 <= infused * (1.0 + 1e-12)).all()
        assert (state.body_mg[:, AMOUNTS].sum(axis=1) <= infused * (1.0 + 1e-12) + 1e-15).all()


@given(looks)
@settings(max_examples=60, deadline=None)
def test_every_interval_holds_the_central_member(course):
    *_, state = played(CLINICAL, course)
    for shown in Shown:
        found = band(state, shown)
        assert (found.lower <= found.central).all() and (found.central <= found.upper).all()


@given(looks, st.floats(0.01, 3.0))
@settings(max_examples=100, deadline=None)
def test_warmer_tissue_has_released_more_at_every_moment(course, warmer):
    for cool, warm in zip(played(TINY, course), played(TINY, course, warmer), strict=True):
        assert (warm.released >= cool.released * (1.0 - 1e-6) - 1e-12).all()
        assert (warm.co_exposure >= cool.co_exposure * (1.0 - 1e-6) - 1e-12).all()
        assert (warm.above_release_s >= cool.above_release_s).all()


@given(looks)
@settings(max_examples=60, deadline=None)
def test_below_the_lowest_release_temperature_there_is_only_the_leak(course):
    def cold(degC):
        return [(step_s, gained, [degC] * VOXELS, 0.0) for step_s, gained, _, _ in course]

    for lower, upper in zip(played(CLINICAL, cold(5.0)), played(CLINICAL, cold(39.0)), strict=True):
        assert np.array_equal(lower.tissue, upper.tissue) and np.array_equal(lower.body_mg, upper.body_mg)
        assert not upper.co_exposure.any()
        # Members 3 and 4 have no leak at all.
        assert not upper.released[3:5].any() and not upper.body_mg[3:5, SYSTEMIC_FREE].any()


@given(looks, st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_twice_the_drug_is_twice_everything(course, times):
    more = [(step_s, gained * times, degC, half) for step_s, gained, degC, half in course]
    for one, other in zip(played(CLINICAL, course), played(CLINICAL, more), strict=True):
        assert other.tissue == pytest.approx(times * one.tissue, rel=1e-9, abs=1e-12)
        assert other.body_mg == pytest.approx(times * one.body_mg, rel=1e-9, abs=1e-12)


@st.composite
def drawn(draw):
    """Parameters that are each one value out of the stated range; without a leak in half of the cases."""
    values = {name: draw(st.floats(getattr(RANGES, name)[0], getattr(RANGES, name)[2])) for name in NAMES}
    values["leak_share"] *= draw(st.sampled_from((0.0, 1.0)))
    return attrs.evolve(sampled(0), **{name: (value, value, value) for name, value in values.items()})


ONE_OF_ALL = prepare(sampled(0), np.full(1, 1e-7), 2.0, 39.5)


@given(drawn(), st.floats(36.0, 45.0), st.floats(1.0, 20.0))
@settings(max_examples=60, deadline=None)
def test_two_corners_bound_what_is_proven_for_every_set_in_the_ranges(parameters, degC, infused_min):
    """Liposomal drug in plasma and co-exposure always; release from below, and from above where nothing leaks."""
    one = prepare(parameters, np.full(1, 1e-7), 2.0, 39.5)
    found = Heat(np.full(1, degC), np.full(1, degC), np.full(1, degC))
    single, several = begin(one, 0.0), begin(ONE_OF_ALL, 0.0)
    for step in range(1, 61):
        patient_ml = 20.0 * min(step * 0.5 / infused_min, 1.0)
        single = advance(single, one, 30.0 * step, patient_ml, found)
        several = advance(several, ONE_OF_ALL, 30.0 * step, patient_ml, found)
        if step % 20 == 0 or step == 3:
            plasma = several.body_mg[:, LIPOSOMAL] / ONE_OF_ALL.members.plasma_volume_l
            own = single.body_mg[0, LIPOSOMAL] / one.members.plasma_volume_l[0]
            between(own, plasma[3], plasma[1])
            between(single.co_exposure[0, 0], several.co_exposure[3, 0], several.co_exposure[1, 0])
            most = several.released[1, 0] if parameters.leak_share[2] == 0.0 else np.inf
            between(single.released[0, 0], several.released[3, 0], most)


def between(value, least, most):
    assert least * (1.0 - 1e-6) <= value <= most * (1.0 + 1e-6)
