"""Carrying out what the rows asked for: the state after it, and the commands that leave, falling ones first."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs
import numpy as np

from syntherm.core import latch
from syntherm.core.commands import Command, EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.control.binary import binary
from syntherm.core.control.controller import ControlInput, Controller, Powers
from syntherm.core.drug.ledger import volume_limit_ml
from syntherm.core.events import Event, OperatorActed
from syntherm.core.guards import person_of, topic_of
from syntherm.core.lease import bounded, grant, grant_test
from syntherm.core.state import Agreement, Beam, Imaging, SessionState, Thermometry
from syntherm.core.thermometry.balance import Loan, lend
from syntherm.core.vocabulary import Effect, Trigger

Done = tuple[SessionState, Command | None]
CONTROLLERS: Final[Mapping[str, Controller]] = {"binary-multipoint": binary}


def _energy_off(state: SessionState, _: Event, at_s: float) -> Done:
    # The last energy stays at the lease's end: until the generator has confirmed, it may go on until then.
    return attrs.evolve(state, beam=attrs.evolve(state.beam, lease=None, off_s=at_s)), EnergyOff()


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
    beam = Beam(last_energy_s=state.beam.last_energy_s, off_s=state.beam.off_s, heating_s=state.beam.heating_s)
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
    loans = state.beam.loans
    if state.plan.thermometry is not None:
        loans = lend(loans, Loan(at_s, lease.until_s, lease.power_W))
    beam = attrs.evolve(state.beam, lease=lease, granted_s=at_s, last_energy_s=lease.until_s, loans=loans)
    return attrs.evolve(state, beam=beam), lease


def _grant_test(state: SessionState, _: Event, at_s: float) -> Done:
    lease = grant_test(state.plan, at_s)
    energy_J = lease.power_W * state.plan.sonication.lease_s
    beam = attrs.evolve(
        state.beam,
        test_granted=state.beam.test_granted + 1,
        test_energy_J=state.beam.test_energy_J + energy_J,
        test_since_s=at_s if state.beam.test_since_s is None else state.beam.test_since_s,
    )
    return _lend(attrs.evolve(state, beam=beam), lease, at_s)


def _grant_lease(state: SessionState, _: Event, at_s: float) -> Done:
    thermal, response = state.thermometry.thermal, state.beam.response
    if thermal is None or response is None:
        # Not known is not safe: without either, the last lease lapses.
        return state, None
    wanted = CONTROLLERS[state.plan.sonication.controller](ControlInput(thermal, state.foci, state.plan))
    powers = bounded(wanted, thermal, state.foci, response, state.plan, _unseen_J(state))
    lent = tuple(float(power) * state.plan.sonication.lease_s for power in powers)
    state = attrs.evolve(state, beam=attrs.evolve(state.beam, lent_J=lent))
    return _lend(state, grant(powers, state.foci, response, state.plan, at_s), at_s)


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
