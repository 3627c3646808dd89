"""A session whose plan has thermometry watch itself: what is kept, made, let go, and written into the balance."""

import attrs
import numpy as np
import pytest
from phantom import Phantom, phantom_plan, spot

from syntherm.core.effects import carry_out
from syntherm.core.events import FrameReceived, OperatorActed
from syntherm.core.loan import Loan
from syntherm.core.machine import Phases
from syntherm.core.observe.images import see_frame
from syntherm.core.state import SessionState
from syntherm.core.thermometry.regions import geometry_of
from syntherm.core.thermometry.watched import Unmatched
from syntherm.core.vocabulary import Calibration, Effect, Energy, Session, Trigger

PLAN = phantom_plan()
N = int(np.prod(PLAN.scanner.matrix))
LEARNING = Phases(session=Session.CALIBRATION, calibration=Calibration.BASELINE)


def begun(fat=True, plan=PLAN):
    state = attrs.evolve(SessionState.begin(plan), phases=LEARNING)
    share = np.zeros(N, dtype=np.float32) if fat else None
    return attrs.evolve(state, imaging=attrs.evolve(state.imaging, fat_fraction=share))


def fed(state, image, number):
    frame = FrameReceived(
        at_s=3.0 * number + 1.0, sequence=number, acquired_s=3.0 * number, field_T=1.5, echo_time_ms=20.0,
        geometry=geometry_of(state.plan), volume=image,
    )  # fmt: skip
    return see_frame(attrs.evolve(state, at_s=frame.at_s), frame)


def learned(phantom, **how):
    state = begun(**how)
    for number in range(1, PLAN.calibration.baseline_frames + 1):
        state = fed(state, phantom.image(), number)
    return state, PLAN.calibration.baseline_frames + 1


def test_images_are_kept_until_the_anchor_is_made():
    phantom, state = Phantom(PLAN, 2), begun()
    for number in range(1, PLAN.calibration.baseline_frames):
        state = fed(state, phantom.image(), number)
        assert len(state.thermometry.images) == number and state.thermometry.anchor is None
    state = fed(state, phantom.image(), PLAN.calibration.baseline_frames)
    known = state.thermometry
    assert known.images == () and known.anchor is not None and known.thermal is not None
    assert known.quality.unmatched is None and 0.7 < known.quality.noise_ratio < 1.3


def test_without_the_table_nothing_is_kept():
    older = attrs.evolve(PLAN, thermometry=None)
    state, _ = learned(Phantom(PLAN, 2), plan=older)
    known = state.thermometry
    assert known.images == () and known.anchor is None and known.quality is None and known.thermal is not None
    assert known.balance.seen_s is None


def test_without_a_fat_map_there_is_no_temperature_and_the_images_wait_for_it():
    state, _ = learned(Phantom(PLAN, 2), fat=False)
    assert state.thermometry.thermal is None and state.thermometry.images != ()


def test_a_patient_without_anything_to_match_is_named():
    phantom = Phantom(PLAN, 2)
    state = begun()
    state = attrs.evolve(state, imaging=attrs.evolve(state.imaging, fat_fraction=np.ones(N, dtype=np.float32)))
    for number in range(1, PLAN.calibration.baseline_frames + 2):
        state = fed(state, phantom.image(), number)
    known = state.thermometry
    assert known.images == () and known.thermal is None and known.quality.unmatched is Unmatched.NO_BASELINE


def test_a_moved_image_has_neither_temperature_nor_regions():
    phantom = Phantom(PLAN, 2)
    state, number = learned(phantom)
    state = fed(state, phantom.image(moved_mm=(3.0, 0.0, 0.0)), number)
    known = state.thermometry
    assert known.thermal is None and known.target is None and known.guards == () and known.last is not None
    assert known.memory.unmatched == 1 and known.balance.seen_s == 3.0 * number


def test_a_test_sonication_gives_the_response_and_an_unseen_target_none():
    phantom = Phantom(PLAN, 2)
    state, number = learned(phantom)
    state = fed(state, phantom.image(), number)
    rest = state.thermometry.balance.rest
    assert rest.estimate == pytest.approx(0.0, abs=0.2)
    loans = (Loan(3.0 * number, 3.0 * number + 15.0, 10.0), Loan(0.0, 1.0, 99.0))
    state = attrs.evolve(
        state,
        phases=attrs.evolve(state.phases, calibration=Calibration.TEST, energy=Energy.TEST),
        beam=attrs.evolve(state.beam, loans=loans),
    )
    state = fed(state, phantom.image(heat=spot(2.0)), number + 1)
    balance = state.thermometry.balance
    assert balance.energy_J == pytest.approx(30.0) and balance.per_J.estimate * 30.0 == pytest.approx(1.5, abs=0.5)
    assert state.beam.loans == loans[:1]
    void = phantom.image()
    void.reshape(-1)[state.layout.target.voxels] = 0.0
    after = fed(state, void, number + 2).thermometry.balance
    assert after.looks == balance.looks and after.energy_J == pytest.approx(60.0)


@pytest.mark.parametrize(("table", "count"), [(PLAN.thermometry, 1), (None, 0)])
def test_a_lease_is_remembered_where_the_balance_asks_for_it(bench, table, count):
    state = bench.at("heating").state
    state = attrs.evolve(
        state, plan=attrs.evolve(state.plan, thermometry=table), beam=attrs.evolve(state.beam, loans=())
    )
    after, _ = carry_out(state, OperatorActed(state.at_s, Trigger.RESUME, "operator-a"), (Effect.GRANT_LEASE,))
    assert len(after.beam.loans) == count
