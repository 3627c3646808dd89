"""What would happen if: the same steps ahead, and the three courses against each other."""

from math import nan

import attrs
import numpy as np
import pytest
from drug_ranges import sampled

from syntherm.core.drug.kinetics import advance, begin, prepare
from syntherm.core.drug.outlook import Outlook, Remaining, what_if
from syntherm.core.drug.release import Heat
from syntherm.core.drug.systemic import LIPOSOMAL

NOW = Heat(np.array([36.8, 40.7]), np.array([37.0, 41.0]), np.array([37.2, 41.3]))
OUTLOOK = Outlook(
    horizon_s=1800.0, step_s=30.0, rate_ml_per_h=90.0, volume_ml=45.0, rest_degC=37.0, cooling_s=60.0
)  # fmt: skip


@pytest.fixture
def model():
    return prepare(sampled(3), np.full(2, 0.5), 2.0, 39.5)


@pytest.fixture
def state(model):
    state = begin(model, 0.0)
    for step in range(1, 31):
        state = advance(state, model, 30.0 * step, 0.75 * step, NOW)
    return state


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_s": nan}, {"rate_ml_per_h": -1.0}, {"step_s": 0.0}, {"cooling_s": 0.0}, {"step_s": 0.05},
        {"rest_degC": float("inf")},
    ],
)  # fmt: skip
def test_an_outlook_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="outlook"):
        attrs.evolve(OUTLOOK, **wrong)


def test_more_infusion_brings_more_and_a_stop_brings_least(model, state):
    ends = {remaining: what_if(state, model, NOW, remaining, OUTLOOK) for remaining in Remaining}
    extend, hold, stop = (ends[each] for each in (Remaining.EXTEND, Remaining.HOLD, Remaining.STOP_NOW))
    assert extend.patient_ml == 45.0 and hold.patient_ml == stop.patient_ml == state.patient_ml
    assert all(end.at_s == state.at_s + 1800.0 for end in ends.values())
    assert (extend.body_mg[:, LIPOSOMAL] > hold.body_mg[:, LIPOSOMAL]).all()
    heated = [end.released[0, 1] for end in (stop, hold, extend)]
    assert heated[0] < heated[1] < heated[2]
    assert (stop.above_release_s[:, 1] < hold.above_release_s[:, 1]).all()


def test_the_course_is_that_of_the_step(model, state):
    by_hand = state
    for step in range(1, 61):
        by_hand = advance(by_hand, model, 900.0 + 30.0 * step, state.patient_ml, NOW)
    ahead = what_if(state, model, NOW, Remaining.HOLD, OUTLOOK)
    assert np.array_equal(ahead.tissue, by_hand.tissue) and np.array_equal(ahead.body_mg, by_hand.body_mg)


def test_infusion_ends_with_the_volume_and_never_takes_any_back(model, state):
    assert state.patient_ml == 22.5
    soon = attrs.evolve(OUTLOOK, volume_ml=23.0)
    assert what_if(state, model, NOW, Remaining.EXTEND, soon).patient_ml == 23.0
    past = attrs.evolve(OUTLOOK, volume_ml=20.0)
    assert what_if(state, model, NOW, Remaining.EXTEND, past).patient_ml == 22.5
    short = attrs.evolve(OUTLOOK, horizon_s=60.0)
    assert what_if(state, model, NOW, Remaining.EXTEND, short).patient_ml == pytest.approx(24.0)


def test_after_a_stop_temperature_falls_towards_rest(model, state):
    fine = attrs.evolve(OUTLOOK, horizon_s=120.0, step_s=1.0)
    stop = what_if(state, model, NOW, Remaining.STOP_NOW, fine)
    # 41 degC is at 39.5 degC after 60 s x ln(4 / 2.5).
    assert stop.above_release_s[1, 1] - state.above_release_s[1, 1] == pytest.approx(28.2, abs=1.0)


def test_no_horizon_is_the_present(model, state):
    assert what_if(state, model, NOW, Remaining.HOLD, attrs.evolve(OUTLOOK, horizon_s=0.0)) is state
    brief = what_if(state, model, NOW, Remaining.HOLD, attrs.evolve(OUTLOOK, horizon_s=5.0))
    assert brief.at_s == state.at_s + 5.0
