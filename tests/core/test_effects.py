"""Carrying out effects: the command of each, and what the state keeps of it."""

import attrs
import numpy as np
import pytest

from syntherm.core.commands import EnergyOff, GrantLease, HoldInfusion
from syntherm.core.effects import CARRIED_OUT, CONTROLLERS, carry_out
from syntherm.core.events import OperatorActed
from syntherm.core.plan.values import Sonication
from syntherm.core.vocabulary import Effect, Trigger


def do(drive, *effects):
    event = OperatorActed(drive.at_s + 1.0, Trigger.SIGN, "ana")
    return carry_out(drive.state, event, effects)


def test_every_effect_is_carried_out_in_the_order_of_the_vocabulary():
    assert list(CARRIED_OUT) == list(Effect)


def test_every_controller_that_a_plan_may_name_exists():
    (options,) = attrs.fields(Sonication).controller.type.__metadata__
    assert set(options.options) == set(CONTROLLERS)


@pytest.mark.verifies("SRS-105", "SRS-405", "RC-01")
def test_energy_off_ends_the_lease_and_counts_energy_up_to_its_end_since_off_may_not_be_heard(bench):
    drive = bench.at("heating")
    lent_until_s = drive.state.beam.lease.until_s
    state, commands = do(drive, Effect.ENERGY_OFF)
    assert commands == (EnergyOff(),)
    assert state.beam.lease is None
    assert state.beam.off_s == drive.at_s + 1.0 < lent_until_s
    assert state.beam.last_energy_s == lent_until_s
    # Told again without a lease, it is said again, and nothing is forgotten.
    drive.state = state
    again, commands = do(drive, Effect.ENERGY_OFF)
    assert commands == (EnergyOff(),)
    assert again.beam.last_energy_s == state.beam.last_energy_s


@pytest.mark.verifies("SRS-302", "RC-08")
def test_hold(bench):
    drive = bench.at("infusing")
    state, commands = do(drive, Effect.HOLD_INFUSION)
    assert commands == (HoldInfusion(),)
    assert state.equipment.granted_infusion is None
    assert state.equipment.held_s == drive.at_s + 1.0


@pytest.mark.verifies("SRS-704", "RC-12")
def test_remember_is_for_people_only(bench):
    drive = bench.at("complete")
    with pytest.raises(TypeError, match="only a person"):
        carry_out(drive.state, drive.room.look(drive.at_s + 1.0), (Effect.REMEMBER,))


@pytest.mark.verifies("SRS-206", "SRS-201")
@pytest.mark.parametrize("unknown", ["thermometry__thermal", "beam__response"])
def test_no_lease_without_temperatures_or_the_days_response(bench, made, unknown):
    drive = bench.at("heating")
    drive.state = made.put(drive.state, **{unknown: None})
    state, commands = do(drive, Effect.GRANT_LEASE)
    assert commands == () and state is drive.state


def test_the_state_and_its_lease_agree(bench):
    drive = bench.at("heating")
    state, (lease,) = do(drive, Effect.GRANT_LEASE)
    assert isinstance(lease, GrantLease)
    assert state.beam.lease == lease and state.beam.last_energy_s == lease.until_s


def test_forgetting_before_any_dose_was_counted(bench):
    drive = bench.at("set-up")
    state, commands = do(drive, Effect.FORGET_PEOPLE, Effect.FORGET_CALIBRATION, Effect.KEEP_MAPS)
    assert commands == () and state.agreements == frozenset()
    assert state.thermometry.dose is None


def test_learning_begins_anew_and_keeps_the_dose(bench):
    drive = bench.at("review")
    state, _ = do(drive, Effect.START_LEARNING)
    assert state.thermometry.baseline is None
    assert np.array_equal(state.thermometry.dose.upper_min, drive.state.thermometry.dose.upper_min)
