"""Leases from controllers that remember: what they are given, what is kept of it, and when it is forgotten."""

import attrs
import numpy as np
import pytest

from syntherm.core.control.mpc import MpcMemory
from syntherm.core.control.pid import PidMemory
from syntherm.core.control.prepared import prepare
from syntherm.core.control.remembering import Fallback
from syntherm.core.control.steering import CONTROLLERS, PREDICTIVE, Steered
from syntherm.core.effects import _course, _lent, carry_out
from syntherm.core.events import OperatorActed
from syntherm.core.guidance import WAITING, _waiting
from syntherm.core.loan import Loan
from syntherm.core.machine import Phases
from syntherm.core.plan.values import Control
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Effect, Energy, Session, Trigger

ROOMY = Control(41.0, 0.0, 0.4, 60.0, 3.0, 1e6, 600.0)


def do(state, at_s, *effects):
    return carry_out(state, OperatorActed(at_s, Trigger.SIGN, "ana"), effects)


@pytest.fixture
def heating(bench):
    """A state in heating, by a plan with another controller."""
    drive = bench.at("heating")

    def under(name, control=None):
        plan = drive.state.plan
        plan = attrs.evolve(plan, control=control, sonication=attrs.evolve(plan.sonication, controller=name))
        prepared = prepare(plan, drive.state.layout, drive.state.foci) if name == PREDICTIVE else None
        return attrs.evolve(drive.state, plan=plan, prepared=prepared), drive.at_s

    return under


@pytest.mark.verifies("SRS-209")
@pytest.mark.parametrize(("name", "kind"), [("pid-mean", PidMemory), (PREDICTIVE, MpcMemory)])
def test_a_controller_is_given_its_memory_again_and_its_answer_goes_on_record(heating, name, kind):
    state, at_s = heating(name)
    first, (lease,) = do(state, at_s, Effect.GRANT_LEASE)
    assert isinstance(first.beam.memory, kind)
    steered = first.beam.steered
    assert steered.controller == name and steered.fallback is None
    assert steered.lent_W == pytest.approx(lease.power_W) and steered.asked_W >= steered.lent_W - 1e-6
    again, _ = do(first, at_s, Effect.GRANT_LEASE)
    assert isinstance(again.beam.memory, kind) and again.beam.memory is not first.beam.memory
    # What another controller remembers is none of it.
    odd = attrs.evolve(first, beam=attrs.evolve(first.beam, memory=object()))
    assert isinstance(do(odd, at_s, Effect.GRANT_LEASE)[0].beam.memory, kind)


def test_binary_feedback_remembers_nothing_and_leaves_its_records_as_they_were(heating):
    state, at_s = heating("binary-multipoint")
    after, _ = do(state, at_s, Effect.GRANT_LEASE)
    assert after.beam.memory is None and after.beam.steered is None and after.beam.sent == ()
    assert CONTROLLERS["binary-multipoint"](_course(state, state.thermometry.thermal, at_s), None).memory is None


@pytest.mark.verifies("SRS-210", "RC-02")
def test_without_what_was_prepared_the_answer_is_the_proven_controllers_and_says_why(heating):
    state, at_s = heating(PREDICTIVE)
    after, _ = do(attrs.evolve(state, prepared=None), at_s, Effect.GRANT_LEASE)
    reason = after.beam.steered.fallback
    assert reason is Fallback.NOT_PREPARED and after.beam.memory is None
    on = attrs.evolve(after, phases=attrs.evolve(after.phases, energy=Energy.ON))
    assert _waiting(on, {}) == f"{WAITING[Session.HEATING]} The controller has left its own rule: {reason.value}."
    off = attrs.evolve(after, phases=Phases(Session.COOLING))
    assert _waiting(off, {}) == WAITING[Session.COOLING]


def test_only_a_plan_with_predictive_control_is_prepared_for_it(bench):
    plan = attrs.evolve(bench.plan, sonication=attrs.evolve(bench.plan.sonication, controller=PREDICTIVE))
    assert SessionState.begin(plan).prepared is not None and SessionState.begin(bench.plan).prepared is None


def test_the_course_holds_the_lease_as_it_was_lent(heating):
    state, at_s = heating("pid-mean")
    beam = attrs.evolve(state.beam, lent_J=(), granted_s=None)
    assert _lent(attrs.evolve(state, beam=beam), at_s) is None
    assert _lent(attrs.evolve(state, beam=attrs.evolve(beam, lent_J=(1.0,))), at_s) is None
    state, _ = do(state, at_s, Effect.GRANT_LEASE)
    lent = _lent(state, at_s + 1.0)
    assert (lent.from_s, lent.until_s) == (at_s, at_s + 1.0)
    assert lent.powers_W.sum() == pytest.approx(state.beam.lease.power_W)
    assert _lent(state, at_s + 60.0).until_s == at_s + state.plan.sonication.lease_s
    off, _ = do(state, at_s + 0.5, Effect.ENERGY_OFF)
    assert _lent(off, at_s + 60.0).until_s == at_s + 0.5
    earlier = attrs.evolve(state, beam=attrs.evolve(state.beam, off_s=at_s - 5.0))
    assert _lent(earlier, at_s + 1.0).until_s == at_s + 1.0
    unseen = attrs.evolve(state, imaging=attrs.evolve(state.imaging, acquired_s=None))
    assert np.isnan(_course(unseen, state.thermometry.thermal, at_s).acquired_s)


@pytest.mark.verifies("SRS-212", "RC-03")
def test_the_memory_goes_with_the_calibration_and_with_an_abort_and_not_with_a_pause(heating):
    state, at_s = heating("pid-mean", ROOMY)
    state, _ = do(state, at_s, Effect.GRANT_LEASE)
    assert do(state, at_s, Effect.ENERGY_OFF)[0].beam.memory is state.beam.memory
    aborted = attrs.evolve(state, phases=Phases(Session.ABORT))
    assert do(aborted, at_s, Effect.ENERGY_OFF)[0].beam.memory is None
    forgotten, _ = do(state, at_s, Effect.FORGET_CALIBRATION)
    assert forgotten.beam.memory is None and forgotten.beam.steered is None
    # The near field is as warm as before.
    assert forgotten.beam.sent == state.beam.sent != ()


@pytest.mark.verifies("SRS-211", "RC-02")
@pytest.mark.parametrize("name", sorted(CONTROLLERS))
def test_no_controller_gets_more_than_the_near_field_bears(heating, name):
    control = attrs.evolve(ROOMY, near_field_energy_J=30.0)
    state, at_s = heating(name, control)
    state = attrs.evolve(state, beam=attrs.evolve(state.beam, sent=(Loan(at_s - 3.0, at_s, 5.0),)))
    after, (lease,) = do(state, at_s, Effect.GRANT_LEASE)
    assert 0.0 < lease.power_W <= 5.0 + 1e-9
    assert after.beam.sent[-1] == Loan(at_s, lease.until_s, lease.power_W)


def test_steered_is_a_plain_value():
    assert Steered("pid-mean", None, 1.0, 0.5) == Steered("pid-mean", None, 1.0, 0.5)
