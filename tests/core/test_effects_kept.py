"""What each effect keeps in the state, and what it forgets: value by value."""

import attrs
import numpy as np
import pytest

from syntherm.core.control.binary import binary
from syntherm.core.control.controller import ControlInput
from syntherm.core.effects import carry_out
from syntherm.core.events import OperatorActed
from syntherm.core.lease import bounded
from syntherm.core.state import Agreement
from syntherm.core.vocabulary import Effect, Trigger


def do(state, *effects):
    """The state and the commands of some effects, a second later."""
    return carry_out(state, OperatorActed(state.at_s + 1.0, Trigger.SIGN, "ana"), effects)


@pytest.mark.verifies("SRS-204", "SRS-106", "RC-03")
def test_clearing_latches_forgets_what_was_not_confirmed(bench, made):
    state = made.put(bench.at("aborted").state, equipment__unconfirmed="pump: no answer")
    assert do(state, Effect.CLEAR_LATCHES)[0].equipment.unconfirmed is None


@pytest.mark.verifies("SRS-103", "RC-05")
def test_forgetting_people_asks_for_the_stop_path_anew(bench):
    state = bench.at("set-up").state
    assert state.equipment.seen_open is True
    after, _ = do(state, Effect.FORGET_PEOPLE)
    assert after.equipment == attrs.evolve(state.equipment, seen_open=False)


@pytest.mark.verifies("SRS-405", "SRS-407", "SRS-108", "RC-11")
def test_forgetting_the_calibration_keeps_dose_and_the_times_of_energy(bench, made):
    state = made.put(bench.at("heating").state, beam__off_s=12.0, range_clock__out_since_s=34.0)
    state = attrs.evolve(
        state, agreements=frozenset({Agreement("plan", "ana"), Agreement("accept-calibration", "ana")})
    )
    after, commands = do(state, Effect.FORGET_CALIBRATION)
    assert commands == ()
    kept = {"last_energy_s": state.beam.last_energy_s, "off_s": 12.0, "heating_s": state.beam.heating_s}
    assert None not in kept.values() and state.beam.heating_s > 0.0
    assert after.beam == attrs.evolve(type(state.beam)(), **kept)
    clock = after.range_clock
    assert (clock.in_range, clock.dwell_s, clock.out_since_s) == (False, 0.0, None) and clock.in_range is False
    assert clock.total_s == state.range_clock.total_s
    assert after.agreements == frozenset({Agreement("plan", "ana")})
    dose, before = after.thermometry.dose, state.thermometry.dose
    assert dose.estimate_min is before.estimate_min and dose.upper_min is before.upper_min
    for last in (dose.last_degC, dose.last_upper_degC):
        assert np.isnan(last).all() and last.dtype == np.float32 and last.shape == before.last_degC.shape
    others = attrs.evolve(after.thermometry, dose=None)
    assert attrs.asdict(others, recurse=False) == attrs.asdict(type(others)(), recurse=False)


@pytest.mark.verifies("SRS-408", "SRS-405")
@pytest.mark.parametrize("effect", [Effect.FORGET_CALIBRATION, Effect.START_LEARNING])
def test_images_are_numbered_anew(bench, made, effect):
    state = made.put(bench.at("review").state, imaging__defect="image repeats", imaging__frozen=True)
    imaging = do(state, effect)[0].imaging
    assert imaging.sequence is None and imaging.volume is None and imaging.defect is None and imaging.frozen is False
    assert imaging.acquired_s == state.imaging.acquired_s
    assert imaging.fat_fraction is state.imaging.fat_fraction


@pytest.mark.verifies("SRS-704", "RC-12")
def test_why_nobody_is_remembered_is_said(bench):
    drive = bench.at("complete")
    with pytest.raises(TypeError, match=r"^only a person can agree to something$"):
        carry_out(drive.state, drive.room.look(drive.at_s + 1.0), (Effect.REMEMBER,))


@pytest.mark.verifies("SRS-412", "SRS-201")
def test_each_test_lease_counts_its_energy_from_the_first(bench):
    state = bench.at("learned").state
    first, (lease,) = do(state, Effect.GRANT_TEST)
    began_s = state.at_s + 1.0
    assert (first.beam.test_since_s, first.beam.granted_s, first.beam.test_granted) == (began_s, began_s, 1)
    second, _ = do(attrs.evolve(first, at_s=state.at_s + 3.0), Effect.GRANT_TEST)
    assert (second.beam.test_since_s, second.beam.granted_s) == (began_s, began_s + 3.0)
    assert second.beam.test_granted == 2
    assert second.beam.test_energy_J == 2.0 * lease.power_W * state.plan.sonication.lease_s


# ------------------------------------------------------------------ what the last image cannot show is counted as heat
@pytest.fixture
def sensitive(bench, made):
    """Heating, with leases of 2 s and a response so strong that a few joules matter."""
    state = bench.at("heating").state
    state = made.put(state, plan__sonication__lease_s=2.0, beam__response__rise_degC_per_J=0.5)
    return made.put(state, beam__last_energy_s=state.imaging.acquired_s + 1.0)


def lent_W(state, unseen_J):
    """What the rule of the lease gives for this much unseen energy per focal point."""
    thermal, response = state.thermometry.thermal, state.beam.response
    wanted = binary(ControlInput(thermal, state.foci, state.plan))
    return bounded(wanted, thermal, state.foci, response, state.plan, np.asarray(unseen_J))


@pytest.mark.verifies("SRS-201", "SRS-203", "RC-01")
def test_a_lease_that_outlived_the_image_counts_in_the_next(sensitive, made):
    count = len(sensitive.foci.points_mm)
    nothing, hidden = np.zeros(count), np.full(count, 0.05)
    assert lent_W(sensitive, nothing).sum() > lent_W(sensitive, hidden).sum() > 0.0

    def lends(**changes):
        after, (lease,) = do(made.put(sensitive, **changes), Effect.GRANT_LEASE)
        assert after.beam.lent_J == tuple(power * 2.0 for power in lent_W(sensitive, lends.unseen))
        assert lease.power_W == pytest.approx(lent_W(sensitive, lends.unseen).sum())
        assert after.beam.granted_s == sensitive.at_s + 1.0

    acquired_s, lent = sensitive.imaging.acquired_s, tuple(hidden)
    lends.unseen = hidden
    lends(beam__lent_J=lent)
    lends.unseen = nothing
    lends(beam__lent_J=lent, beam__last_energy_s=acquired_s)
    lends(beam__lent_J=lent, beam__last_energy_s=acquired_s - 1.0)
    lends(beam__lent_J=lent, beam__last_energy_s=None)
    lends(beam__lent_J=lent, imaging__acquired_s=None)
    lends(beam__lent_J=(), beam__last_energy_s=acquired_s + 1.0)
    lends(beam__lent_J=lent[:-1])
