"""Carrying out what the rows asked for: the state after it, and the commands that leave, falling ones first."""

from collections.abc import Callable, Mapping
from math import nan
from typing import Final

import attrs
import numpy as np

from syntherm.core import latch
from syntherm.core.commands import Command, EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.control.controller import ControlInput, Powers
from syntherm.core.control.remembering import Answer, Course, Lent
from syntherm.core.control.steering import CONTROLLERS, ControlMemory, Steered
from syntherm.core.drug.ledger import volume_limit_ml
from syntherm.core.events import Event, OperatorActed
from syntherm.core.guards import person_of, topic_of
from syntherm.core.lease import bounded, grant, grant_test
from syntherm.core.loan import Loan
from syntherm.core.near_field import lately, most_W
from syntherm.core.response.trial import Trial, lent, next_lease
from syntherm.core.state import Agreement, Beam, Imaging, SessionState, Thermometry
from syntherm.core.thermometry.balance import lend
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.vocabulary import Effect, Session, Trigger

Done = tuple[SessionState, Command | None]
_PROVEN: Final = "binary-multipoint"
"""Has no rule to leave, and its records stay as they were."""


def _energy_off(state: SessionState, _: Event, at_s: float) -> Done:
    # The last energy stays at the lease's end: until the generator has confirmed, it may go on until then.
    beam = attrs.evolve(state.beam, lease=None, off_s=at_s)
    if state.phases.session is Session.ABORT:
        beam = attrs.evolve(beam, memory=None)
    return attrs.evolve(state, beam=beam), EnergyOff()


def _hold_infusion(state: SessionState, _: Event, at_s: float) -> Done:
    equipment = attrs.evolve(state.equipment, granted_infusion=None, held_s=at_s)
    return attrs.evolve(state, equipment=equipment), HoldInfusion()


def _forget_people(state: SessionState, _: Event, __: float) -> Done:
    # The stop path must be proven anew, too.
    return attrs.evolve(state, agreements=frozenset(), equipment=attrs.evolve(state.equipment, seen_open=False)), None


def _forget_calibration(state: SessionState, _: Event, __: float) -> Done:
    dose = state.thermometry.dose
    if dose is not None:
        # Dose stays; the last temperatures belong to a baseline that is gone.
        never = np.full(dose.last_degC.shape, np.nan, dtype=np.float32)
        dose = attrs.evolve(dose, last_degC=never, last_upper_degC=never)
    was = state.beam
    beam = Beam(last_energy_s=was.last_energy_s, off_s=was.off_s, heating_s=was.heating_s, sent=was.sent)
    clock = attrs.evolve(state.range_clock, in_range=False, dwell_s=0.0, out_since_s=None)
    # Who accepted it accepted what is now forgotten.
    others = frozenset(a for a in state.agreements if a.topic != Trigger.ACCEPT_CALIBRATION.value)
    forgotten = attrs.evolve(state, thermometry=Thermometry(dose=dose), beam=beam, range_clock=clock)
    return attrs.evolve(forgotten, agreements=others, imaging=_numbered_anew(state.imaging)), None


def _numbered_anew(imaging: Imaging) -> Imaging:
    # What is learned anew may rest on a new scan, which counts its images from one.
    return attrs.evolve(imaging, sequence=None, volume=None, defect=None, frozen=False)


def _clear_latches(state: SessionState, _: Event, __: float) -> Done:
    equipment = attrs.evolve(state.equipment, unconfirmed=None)
    return attrs.evolve(state, faults=latch.reset(state.faults), equipment=equipment), None


def _remember(state: SessionState, event: Event, _: float) -> Done:
    if not isinstance(event, OperatorActed):
        raise TypeError("only a person can agree to something")
    return attrs.evolve(state, agreements=state.agreements | {Agreement(topic_of(event), person_of(event))}), None


def _start_learning(state: SessionState, _: Event, __: float) -> Done:
    known = Thermometry(dose=state.thermometry.dose)
    return attrs.evolve(state, thermometry=known, imaging=_numbered_anew(state.imaging)), None


def _set_response(state: SessionState, _: Event, __: float) -> Done:
    return attrs.evolve(state, beam=attrs.evolve(state.beam, response=state.beam.pending)), None


def _lend(state: SessionState, lease: GrantLease, at_s: float) -> Done:
    loan, loans = Loan(at_s, lease.until_s, lease.power_W), state.beam.loans
    if state.plan.thermometry is not None:
        loans = lend(loans, loan)
    sent = lately((*state.beam.sent, loan), state.plan, at_s)
    beam = attrs.evolve(state.beam, lease=lease, granted_s=at_s, last_energy_s=lease.until_s, loans=loans, sent=sent)
    return attrs.evolve(state, beam=beam), lease


def _grant_test(state: SessionState, _: Event, at_s: float) -> Done:
    state, lease = _next_of_test(state, at_s)
    energy_J = lease.power_W * state.plan.sonication.lease_s
    beam = attrs.evolve(
        state.beam,
        test_granted=state.beam.test_granted + 1,
        test_energy_J=state.beam.test_energy_J + energy_J,
        test_since_s=at_s if state.beam.test_since_s is None else state.beam.test_since_s,
    )
    return _lend(attrs.evolve(state, beam=beam), lease, at_s)


def _next_of_test(state: SessionState, at_s: float) -> tuple[SessionState, GrantLease]:
    proof, ground, at = state.plan.calibration_proof, state.groundwork, (state.beam.test_granted, at_s)
    if proof is None or ground is None:
        return state, grant_test(state.plan, at_s)
    trial = Trial() if state.beam.trial is None else state.beam.trial
    lease = next_lease(trial, state.plan, proof, ground, at)
    beam = attrs.evolve(state.beam, trial=lent(trial, proof, lease, at))
    return attrs.evolve(state, beam=beam), lease


def _grant_lease(state: SessionState, _: Event, at_s: float) -> Done:
    thermal, response = state.thermometry.thermal, state.beam.response
    if thermal is None or response is None:
        # Not known is not safe: without either, the last lease lapses.
        return state, None
    course = _course(state, thermal, at_s)
    answer = CONTROLLERS[state.plan.sonication.controller](course, state.beam.memory)
    powers = bounded(answer.powers_W, thermal, state.foci, response, state.plan, course.unseen_J, course.most_W)
    lent = tuple(float(power) * state.plan.sonication.lease_s for power in powers)
    beam = attrs.evolve(state.beam, lent_J=lent, memory=answer.memory, steered=_steered(state, answer, powers))
    return _lend(attrs.evolve(state, beam=beam), grant(powers, state.foci, response, state.plan, at_s), at_s)


def _course(state: SessionState, thermal: Thermal, at_s: float) -> Course:
    beam, acquired_s = state.beam, state.imaging.acquired_s
    return Course(
        given=ControlInput(thermal, state.foci, state.plan),
        layout=state.layout,
        response=beam.response,
        # An image without a moment is not known, and a controller that needs it says so.
        acquired_s=nan if acquired_s is None else acquired_s,
        at_s=at_s,
        lent=_lent(state, at_s),
        unseen_J=_unseen_J(state),
        most_W=most_W(beam.sent, state.plan, at_s),
        prepared=state.prepared,
    )


def _lent(state: SessionState, at_s: float) -> Lent | None:
    """The lease before, as it was lent, until it ended or was taken away; None if a controller has lent nothing."""
    beam = state.beam
    if not beam.lent_J or beam.granted_s is None:
        return None
    until_s = min(beam.granted_s + state.plan.sonication.lease_s, at_s)
    if beam.off_s is not None and beam.off_s >= beam.granted_s:
        until_s = min(until_s, beam.off_s)
    return Lent(np.asarray(beam.lent_J) / state.plan.sonication.lease_s, beam.granted_s, until_s)


def _steered(state: SessionState, answer: Answer[ControlMemory | None], powers: Powers) -> Steered | None:
    name = state.plan.sonication.controller
    if name == _PROVEN:
        return None
    return Steered(name, answer.fallback, float(answer.powers_W.sum()), float(powers.sum()))


def _unseen_J(state: SessionState) -> Powers:
    """Energy per focal point that the last image cannot show: the lease before, if it outlived the acquisition."""
    beam, acquired_s = state.beam, state.imaging.acquired_s
    nothing = np.zeros(len(state.foci.points_mm))
    if len(beam.lent_J) != len(nothing) or beam.last_energy_s is None or acquired_s is None:
        return nothing
    return np.asarray(beam.lent_J) if beam.last_energy_s > acquired_s else nothing


def _grant_infusion(state: SessionState, _: Event, at_s: float) -> Done:
    prescription = state.plan.prescription
    granted = GrantInfusion(
        at_s + state.plan.pump.watchdog_s, prescription.rate_ml_per_h, volume_limit_ml(prescription)
    )
    return attrs.evolve(state, equipment=attrs.evolve(state.equipment, granted_infusion=granted)), granted


def _nothing(state: SessionState, _: Event, __: float) -> Done:
    return state, None


CARRIED_OUT: Final[Mapping[Effect, Callable[[SessionState, Event, float], Done]]] = {
    Effect.ENERGY_OFF: _energy_off,
    Effect.HOLD_INFUSION: _hold_infusion,
    Effect.FORGET_PEOPLE: _forget_people,
    Effect.FORGET_CALIBRATION: _forget_calibration,
    Effect.CLEAR_LATCHES: _clear_latches,
    Effect.REMEMBER: _remember,
    Effect.START_LEARNING: _start_learning,
    Effect.SET_RESPONSE: _set_response,
    Effect.KEEP_MAPS: _nothing,
    Effect.GRANT_TEST: _grant_test,
    Effect.GRANT_LEASE: _grant_lease,
    Effect.GRANT_INFUSION: _grant_infusion,
}
"""In the order of `Effect`: falling ones first. KEEP_MAPS changes nothing; the record answers it."""


def carry_out(
    state: SessionState, event: Event, effects: tuple[Effect, ...]
) -> tuple[SessionState, tuple[Command, ...]]:
    """The state after the effects, and their commands in the same order."""
    commands: list[Command] = []
    for effect in effects:
        state, command = CARRIED_OUT[effect](state, event, event.at_s)
        if command is not None:
            commands.append(command)
    return state, tuple(commands)
