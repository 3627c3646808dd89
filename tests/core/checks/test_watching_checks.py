"""The checks of a plan that has thermometry watch itself: at their limit, beyond it, and on what is not known."""

import attrs
import numpy as np
import pytest
from phantom import PLAN_TABLE

from syntherm.core.bounds import Bounded
from syntherm.core.checks.registry import ALL, EQUIPMENT, WATCHING, due, examine, may_start
from syntherm.core.checks.verdict import passed
from syntherm.core.faults import Clears, Code, Response
from syntherm.core.latch import failing
from syntherm.core.monitors.look import ready
from syntherm.core.thermometry.balance import Balance, Look
from syntherm.core.thermometry.breathing import Modes
from syntherm.core.thermometry.motion import STILL, Displacement
from syntherm.core.thermometry.watched import Memory, Quality, Unmatched
from syntherm.core.vocabulary import Calibration, Energy, Session

W = PLAN_TABLE
BODY = Displacement(STILL, (0.02, 0.02, 0.02), (0.02, 0.02, 0.02), 1.0, 1.0, True)
BRIGHT = attrs.evolve(BODY, gain=1.14)
GOOD = Quality(None, BODY, STILL, 0.1, 1.0, 0.1)


class _Anchor:
    """Of an anchor the checks look at the modes only."""

    def __init__(self):
        nothing = np.zeros((0, 1), dtype=np.float32)
        self.modes = Modes(nothing, np.zeros((0, 4)), np.zeros(4), 0.0, False)


@pytest.fixture
def well(bench, made):
    state = bench.at("heating").state
    known = attrs.evolve(
        state.thermometry,
        quality=GOOD,
        memory=Memory(np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(4)),
        anchor=_Anchor(),
    )
    return attrs.evolve(state, plan=attrs.evolve(state.plan, thermometry=W), thermometry=known)


def put(state, **quality):
    known = attrs.evolve(state.thermometry, quality=attrs.evolve(GOOD, **quality))
    return attrs.evolve(state, thermometry=known)


def in_a_row(state, count):
    memory = attrs.evolve(state.thermometry.memory, unmatched=count)
    return attrs.evolve(state, thermometry=attrs.evolve(state.thermometry, memory=memory))


def judged(name, state):
    verdict = WATCHING[name](state)
    return verdict.code if not verdict.may_continue else ("passes" if verdict.may_start else "waits")


def test_all_pass_where_all_is_well(well):
    assert {name: judged(name, well) for name in WATCHING} == dict.fromkeys(WATCHING, "passes")
    assert set(examine(well)) == {*ALL, *WATCHING}


def test_a_plan_of_an_earlier_release_is_not_asked(well):
    older = attrs.evolve(well, plan=attrs.evolve(well.plan, thermometry=None))
    assert set(examine(older)) == set(ALL)
    assert all(judged(name, older) == "passes" for name in WATCHING)


def test_before_a_baseline_nothing_may_start(well):
    blank = attrs.evolve(well, thermometry=attrs.evolve(well.thermometry, quality=None, baseline=None, anchor=None))
    needed = WATCHING.keys() - {"sonication-seen"}
    assert {name: judged(name, blank) for name in needed} == dict.fromkeys(needed, "waits")


@pytest.mark.verifies("SRS-415", "RC-09")
@pytest.mark.parametrize("reason", [Unmatched.MOVED, Unmatched.CHANGED, Unmatched.NO_BASELINE])
def test_an_unmatched_image_waits_and_a_few_in_a_row_are_a_movement(well, reason):
    moved = put(well, unmatched=reason, breath_degC=None, noise_ratio=None, field_degC=None)
    assert judged("motion", in_a_row(moved, W.unmatched_frames - 1)) == "waits"
    assert judged("motion", in_a_row(moved, W.unmatched_frames)) is Code.MOTION
    for name in ("breathing", "image-noise", "field-change"):
        assert judged(name, moved) == "waits"
    for name in ("drift", "target-seen", "guards-seen"):
        verdict = ALL[name](moved)
        assert not verdict.may_start and verdict.may_continue


def test_without_anything_to_match_there_is_no_waiting(well):
    known = attrs.evolve(well.thermometry, quality=Quality(Unmatched.NO_BASELINE), memory=None, anchor=None)
    lost = attrs.evolve(well, thermometry=known)
    assert judged("motion", lost) is Code.MOTION
    assert judged("image-scale", lost) == "waits"


@pytest.mark.verifies("SRS-415")
def test_a_strange_breath_is_no_movement(well):
    strange = put(well, unmatched=Unmatched.BREATH, breath_degC=2.0)
    assert judged("motion", strange) == "passes"
    assert judged("breathing", in_a_row(strange, W.unmatched_frames - 1)) == "waits"
    assert judged("breathing", in_a_row(strange, W.unmatched_frames)) is Code.BREATHING


@pytest.mark.verifies("SRS-416", "RC-09")
@pytest.mark.parametrize(
    ("name", "good", "bad", "code"),
    [
        ("field-change", {"field_degC": W.field_change_degC}, {"field_degC": 0.7}, Code.FIELD_CHANGED),
        ("image-noise", {"noise_ratio": W.noise_ratio_max}, {"noise_ratio": 1.7}, Code.IMAGE_NOISE),
        ("image-noise", {"noise_ratio": W.noise_ratio_min}, {"noise_ratio": 0.4}, Code.IMAGE_NOISE),
        ("image-noise", {"noise_ratio": 1.0}, {"noise_ratio": float("nan")}, Code.IMAGE_NOISE),
        ("image-scale", {"body": BRIGHT}, {"body": attrs.evolve(BODY, gain=0.8)}, Code.IMAGE_SCALE),
    ],
)  # fmt: skip
def test_each_limit(well, name, good, bad, code):
    assert judged(name, put(well, **good)) == "passes"
    assert judged(name, put(well, **bad)) is code


def balanced(state, *looks, least=0.0):
    balance = Balance(
        looks=tuple(Look(float(i), energy, Bounded(rise, rise, rise)) for i, (energy, rise) in enumerate(looks)),
        per_J=Bounded(0.001, 0.001, 0.001),
        least_degC=least,
    )
    return attrs.evolve(state, thermometry=attrs.evolve(state.thermometry, balance=balance))


@pytest.mark.verifies("SRS-417", "RC-09")
def test_heat_without_energy_and_energy_without_heat(well):
    most = 1000.0 * 0.001 * W.balance_factor
    explained = balanced(well, (0.0, 0.0), (1000.0, most + W.balance_floor_degC - 0.01))
    assert judged("heat-unexplained", explained) == "passes"
    unexplained = balanced(well, (0.0, 0.0), (1000.0, most + W.balance_floor_degC + 0.01))
    assert judged("heat-unexplained", unexplained) is Code.HEAT_UNEXPLAINED
    assert judged("heat-missing", balanced(well, (0.0, 0.0), least=W.balance_floor_degC)) == "passes"
    assert judged("heat-missing", balanced(well, (0.0, 0.0), least=W.balance_floor_degC + 0.01)) is Code.HEAT_MISSING


def sonicated(state, calibration, energy, *, image_s, off_s=None):
    phases = attrs.evolve(state.phases, session=Session.CALIBRATION, calibration=calibration, energy=energy)
    return attrs.evolve(
        state,
        phases=phases,
        beam=attrs.evolve(state.beam, test_since_s=state.at_s - 20.0, off_s=off_s),
        imaging=attrs.evolve(state.imaging, acquired_s=image_s),
    )


@pytest.mark.verifies("SRS-418", "RC-09")
def test_a_test_sonication_must_be_seen_until_a_new_image_comes(well):
    now_s, limit_s = well.at_s, well.plan.limits.frame_age_s
    late_s, seen_s = now_s - limit_s - 0.1, now_s - limit_s + 0.1
    during = (Calibration.TEST, Energy.TEST)
    assert judged("sonication-seen", sonicated(well, *during, image_s=seen_s)) == "passes"
    assert judged("sonication-seen", sonicated(well, *during, image_s=late_s)) is Code.SONICATION_NOT_SEEN
    assert judged("sonication-seen", sonicated(well, *during, image_s=None)) is Code.SONICATION_NOT_SEEN
    # Afterwards what counts is how old the image was when energy ended.
    after = (Calibration.REFUSED, Energy.PAUSED)
    off_s = now_s - 5.0
    unseen = sonicated(well, *after, image_s=off_s - limit_s - 0.1, off_s=off_s)
    assert judged("sonication-seen", unseen) is Code.SONICATION_NOT_SEEN
    assert judged("sonication-seen", sonicated(well, *after, image_s=off_s - 1.0, off_s=off_s)) == "passes"
    assert judged("sonication-seen", sonicated(well, *after, image_s=now_s, off_s=off_s)) == "passes"
    # A calibration that was accepted, or that has not sonicated, asks for nothing.
    assert judged("sonication-seen", sonicated(well, Calibration.ACCEPTED, Energy.OFF, image_s=late_s)) == "passes"
    fresh = sonicated(well, Calibration.REFUSED, Energy.OFF, image_s=late_s)
    fresh = attrs.evolve(fresh, beam=attrs.evolve(fresh.beam, test_since_s=None))
    assert judged("sonication-seen", fresh) == "passes"
    older = attrs.evolve(unseen, plan=attrs.evolve(well.plan, thermometry=None))
    assert judged("sonication-seen", older) == "passes"


def test_one_of_them_that_did_not_run_has_failed():
    whole = {name: passed() for name in (*ALL, *WATCHING)}
    older = {name: passed() for name in ALL}
    assert may_start(whole, ALL) and ready(whole) and failing(whole) == {}
    assert may_start(older, ALL) and ready(older) and failing(older) == {}
    for name in WATCHING:
        left = {other: verdict for other, verdict in whole.items() if other != name}
        assert not may_start(left, ALL) and not ready(left) and Code.CHECK_DID_NOT_RUN in failing(left)
        assert may_start(left, EQUIPMENT)
    assert due(older, ALL) == ALL


@pytest.mark.verifies("SRS-415", "SRS-417")
def test_what_takes_the_baseline_away_does_not_clear_by_itself():
    for code in (Code.MOTION, Code.HEAT_UNEXPLAINED, Code.HEAT_MISSING):
        assert code.value.clears is Clears.BY_RESET and code.value.response is Response.ABORT
