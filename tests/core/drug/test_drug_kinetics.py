"""One step of all the drug: what is refused, what is counted, and that nothing is lost between body and tissue."""

from math import inf, nan

import attrs
import numpy as np
import pytest
from drug_ranges import sampled

from syntherm.core.drug.exposure import unaccounted_mg
from syntherm.core.drug.kinetics import DrugState, advance, begin, prepare
from syntherm.core.drug.release import Heat
from syntherm.core.drug.systemic import FREE, LIPOSOMAL

VOXELS = 4


@pytest.fixture
def model():
    return prepare(sampled(3), np.full(VOXELS, 0.5), 2.0, 39.5)


def hot(*degC, half=0.0):
    found = np.asarray(degC, dtype=np.float64)
    return Heat(found - half, found, found + half)


EVEN = hot(37.0, 39.4, 40.5, 42.0)


def same(one: DrugState, other: DrugState) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in attrs.fields(DrugState)
    )


def treated(model, minutes=60, step_s=3.0, heat=EVEN):
    state = begin(model, 100.0)
    for step in range(1, round(minutes * 60 / step_s) + 1):
        after_s = step * step_s
        state = advance(state, model, 100.0 + after_s, min(after_s / 40.0, 45.0), heat)
    return state


@pytest.mark.parametrize(
    ("voxel_ml", "concentration", "release", "said"),
    [
        ([0.5, 0.0], 2.0, 39.5, "flat array of positive"),
        ([0.5, nan], 2.0, 39.5, "flat array of positive"),
        ([[0.5]], 2.0, 39.5, "flat array of positive"),
        ([0.5], 0.0, 39.5, "0.0 mg/mL"),
        ([0.5], inf, 39.5, "inf mg/mL"),
        ([0.5], 2.0, nan, "nan degC"),
        ([4000.0], 2.0, 39.5, "4000 mL of tissue"),
    ],
)
def test_a_model_that_cannot_be_is_refused(voxel_ml, concentration, release, said):
    with pytest.raises(ValueError, match=said):
        prepare(sampled(0), np.asarray(voxel_ml), concentration, release)


def test_a_beginning_without_time_is_refused(model):
    with pytest.raises(ValueError, match="time nan s"):
        begin(model, nan)


@pytest.mark.parametrize(
    ("at_s", "patient_ml", "said"),
    [
        (nan, 1.0, "nan s, 1.0 mL: expected numbers"),
        (203.0, inf, "expected numbers"),
        (159.0, 2.0, "neither may go back"),
        (203.0, 1.4, "neither may go back"),
        (160.0, 1.6, "at the same moment 160.0 s"),
    ],
)
def test_what_cannot_have_happened_is_refused(model, at_s, patient_ml, said):
    state = advance(begin(model, 100.0), model, 160.0, 1.5, EVEN)
    with pytest.raises(ValueError, match=said):
        advance(state, model, at_s, patient_ml, EVEN)


def test_temperatures_of_another_number_of_voxels_are_refused(model):
    with pytest.raises(ValueError, match=r"\(3,\) voxels: expected 4"):
        advance(begin(model, 0.0), model, 3.0, 0.0, hot(37.0, 37.0, 37.0))


def test_the_same_moment_changes_nothing(model):
    state = advance(begin(model, 100.0), model, 160.0, 1.5, EVEN)
    assert advance(state, model, 160.0, 1.5, EVEN) is state


def test_a_state_is_not_changed_by_the_next(model):
    state = advance(begin(model, 100.0), model, 160.0, 1.5, EVEN)
    kept = state.body_mg.copy(), state.tissue.copy(), state.released.copy()
    advance(state, model, 163.0, 1.6, EVEN)
    assert all(np.array_equal(*pair) for pair in zip(kept, (state.body_mg, state.tissue, state.released), strict=True))


def test_nothing_infused_is_nothing_anywhere(model):
    state = begin(model, 0.0)
    for step in range(1, 20):
        state = advance(state, model, 30.0 * step, 0.0, EVEN)
    for found in (state.body_mg, state.tissue, state.released, state.co_exposure, state.above_release_s):
        assert not found.any()


def test_all_that_was_infused_is_somewhere_after_an_hour(model):
    state = treated(model)
    assert np.abs(unaccounted_mg(state, model)).max() < 1e-9
    assert state.patient_ml == 45.0


def test_equal_inputs_give_equal_states(model):
    again = prepare(sampled(3), np.full(VOXELS, 0.5), 2.0, 39.5)
    assert same(treated(model, 5), treated(again, 5))


def test_long_times_are_stepped_in_parts(model):
    once = advance(begin(model, 0.0), model, 90.0, 2.25, EVEN)
    state = begin(model, 0.0)
    for step in (1, 2, 3):
        state = advance(state, model, 30.0 * step, 0.75 * step, EVEN)
    assert same(once, state)
    longer = advance(begin(model, 0.0), model, 100.0, 2.25, EVEN)
    assert longer.at_s == 100.0 and longer.patient_ml == 2.25


def test_step_length_hardly_matters_where_temperature_stays(model):
    fine, coarse = treated(model, 30, 3.0), treated(model, 30, 30.0)
    assert coarse.tissue == pytest.approx(fine.tissue, rel=2e-3, abs=1e-6)
    assert coarse.body_mg[:, LIPOSOMAL] == pytest.approx(fine.body_mg[:, LIPOSOMAL], rel=1e-4)


def test_seconds_above_release_by_the_bounds_of_temperature(model):
    state = advance(begin(model, 0.0), model, 10.0, 0.0, hot(40.0, 40.0, 40.0, 40.0))
    assert not state.above_release_s.any(), "before the first drug nothing is exposed"
    state = advance(state, model, 13.0, 0.1, hot(39.0, 39.3, 39.5, 40.0, half=0.25))
    assert state.above_release_s.tolist() == [[0.0, 0.0, 0.0, 3.0], [0.0, 0.0, 3.0, 3.0], [0.0, 3.0, 3.0, 3.0]]


def test_co_exposure_is_plasma_times_opened_share(model):
    state = begin(model, 0.0)
    state = attrs.evolve(state, body_mg=np.zeros_like(state.body_mg))
    state.body_mg[:, LIPOSOMAL] = 30.0
    after = advance(state, model, 3.0, 0.0, hot(37.0, 37.0, 37.0, 43.0))
    assert not after.co_exposure[:, :3].any()
    assert after.co_exposure[0, 3] == pytest.approx(3.0 * 10.0, rel=1e-3)


def test_tissue_gives_back_what_it_washes_out(model):
    state = begin(model, 0.0)
    state.tissue[:, 1] = 1.0
    after = advance(state, model, 30.0, 0.0, hot(37.0, 37.0, 37.0, 37.0))
    gone_mg = (state.tissue.sum(axis=1) - after.tissue.sum(axis=1)) @ model.voxel_ml / 1000.0
    assert (gone_mg > 0.0).all()
    held_mg = after.body_mg[:, FREE:6].sum(axis=1)
    assert held_mg == pytest.approx(gone_mg, rel=1e-9)


def test_hotter_voxels_hold_more_after_the_infusion_in_the_central_member(model):
    central = treated(model).tissue[0].sum(axis=0)
    assert (np.diff(central[1:]) > 0.0).all()
    assert central[0] == pytest.approx(central[1], rel=1e-9), "37 and 39.4 degC are both below the onset"
