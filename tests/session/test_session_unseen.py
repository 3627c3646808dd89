"""Bounds after a crash, against a pump and a generator that do all that their loans let them do."""

import json
from contextlib import suppress
from types import ModuleType

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syntherm.audit.encoding import Encoder
from syntherm.core.bounds import Bounded
from syntherm.core.commands import FocalPower, GrantInfusion, GrantLease
from syntherm.core.drug.ledger import reached_patient_ml
from syntherm.core.events import Channel, PumpReport, TransducerReport
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Infusion, Trigger
from syntherm.ports.equipment import PortError
from syntherm.session.unseen import DIGIT_ML, Unseen, unseen

pytestmark = pytest.mark.verifies("SRS-511")


class Killed(BaseException):
    """The controller ends here."""


@attrs.define(eq=False)
class Door:
    """What a device's loan lets flow, as it really flows."""

    clock: object
    journal: list[str]
    lent: GrantLease | GrantInfusion | None = None
    deaf: bool = False
    dies: bool = False
    seen_s: float = 0.0
    flowed: float = 0.0
    ran_s: float = 0.0

    def grant(self, loan: GrantLease | GrantInfusion) -> None:
        if self.dies:
            raise Killed
        self.live()
        self.lent = loan

    def off(self) -> None:
        if self.deaf:
            raise PortError("no answer")
        self.live()
        self.lent = None

    hold = off

    def live(self, to_s: float | None = None) -> None:
        """Pass time to now, or to a moment."""
        now_s = self.clock.at_s if to_s is None else to_s
        if self.lent is not None:
            seconds = max(0.0, min(now_s, self.lent.until_s) - self.seen_s)
            self.flowed += self.rate() * seconds
            self.ran_s += seconds
        self.seen_s = max(self.seen_s, now_s)

    def rate(self) -> float:
        raise NotImplementedError

    def flowing(self) -> bool:
        return self.lent is not None and self.clock.at_s < self.lent.until_s


@attrs.define(eq=False)
class Generator(Door):
    """`flowed` in J."""

    def rate(self) -> float:
        return self.lent.power_W

    def report(self) -> TransducerReport:
        self.live()
        on = self.flowing() and self.lent.power_W > 0.0
        return TransducerReport(True, on, self.lent.power_W if on else 0.0)


@attrs.define(eq=False)
class Pump(Door):
    """`flowed` in mL. Its counter shows whole digits; it runs as much too fast as is tolerated."""

    fast: float = 0.0
    digit_ml: float = DIGIT_ML

    def rate(self) -> float:
        return self.lent.rate_ml_per_h / 3600.0 * (1.0 + self.fast)

    def live(self, to_s: float | None = None) -> None:
        super().live(to_s)
        if self.lent is not None:
            self.flowed = min(self.flowed, self.lent.volume_limit_ml)

    def report(self) -> PumpReport:
        self.live()
        shown_ml = round(self.flowed // self.digit_ml * self.digit_ml, 3)
        return PumpReport(self.flowing(), shown_ml, 90.0, round(5.0 - shown_ml, 3), 5.0, None)


def with_truth(rig, fast: float, digit_ml: float):
    """A rig in the place of another, whose devices keep account of what really flows."""
    again = rig.reaching()
    generator, pump = Generator(again.clock, again.journal), Pump(again.clock, again.journal, fast=fast)
    pump.digit_ml = digit_ml
    generator.lent, generator.seen_s = again.transducer.lease, again.clock.at_s
    pump.lent, pump.seen_s, pump.flowed = again.pump.infusion, again.clock.at_s, again.pump.pumped_ml
    again.transducer, again.pump = generator, pump
    again.loop._ports = attrs.evolve(again.loop._ports, transducer=generator, pump=pump)
    return again


ACTS = (Trigger.RELEASE_INFUSION, Trigger.HOLD_INFUSION, Trigger.PAUSE, Trigger.RESUME, Trigger.STOP,
        Trigger.END_INFUSION)  # fmt: skip
STEPS = st.one_of(
    st.tuples(st.just("poll"), st.sampled_from([0.2, 0.5, 1.0])),
    st.tuples(st.just("frame"), st.sampled_from([41.2, 38.0])),
    st.tuples(st.just("act"), st.sampled_from(ACTS)),
    st.tuples(st.just("deaf"), st.sampled_from(["transducer", "pump"])),
)


def do(rig, what: str, which: object) -> None:
    if what == "poll":
        rig.poll(which)
    elif what == "frame":
        rig.clock.at_s += 0.1
        rig.loop.handle(rig.frame(which))
    elif what == "act":
        rig.clock.at_s += 0.1
        rig.act(which)
    else:
        getattr(rig, str(which)).deaf = True


def run_to_its_end(rig, steps, dies: str) -> tuple[SessionState, dict[str, float]]:
    """The state at the last durable entry, and what really flowed behind it and in all."""
    at_entry_J, at_look_s = rig.transducer.flowed, rig.pump.ran_s
    for number, (what, which) in enumerate(steps, start=1):
        if number == len(steps) and what != "deaf":
            rig.transducer.dies = rig.pump.dies = dies == "before the loans"
            if dies == "before the record":
                rig.loop._ports.record.fails = Killed()
        before = rig.loop.state
        with suppress(Killed):
            do(rig, what, which)
        if rig.loop.state is not before:
            rig.transducer.live(rig.loop.state.at_s)
            at_entry_J = rig.transducer.flowed
        if rig.loop.state.equipment.pump_s == rig.clock.at_s and what == "poll":
            rig.pump.live()
            at_look_s = rig.pump.ran_s
    for device in (rig.transducer, rig.pump):
        device.live(1e9)
    flowed = {"J": rig.transducer.flowed - at_entry_J, "mL": rig.pump.flowed, "s": rig.pump.ran_s - at_look_s}
    return rig.loop.state, flowed


RELEASE, STOP, HOLD = ("act", Trigger.RELEASE_INFUSION), ("act", Trigger.STOP), ("act", Trigger.HOLD_INFUSION)
IN_RANGE, COLD, LOOK = ("frame", 41.2), ("frame", 38.0), ("poll", 1.0)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEPS, min_size=1, max_size=14),
    dies=st.sampled_from(["after", "before the loans", "before the record"]),
    place=st.sampled_from(["accepted", "heating", "infusing"]),
    fast=st.floats(0.0, 1.0),
    digit_ml=st.sampled_from([DIGIT_ML, 0.001]),
)
@example([RELEASE, LOOK, IN_RANGE, LOOK], "after", "heating", 1.0, DIGIT_ML)
@example([RELEASE, STOP], "after", "heating", 1.0, DIGIT_ML)  # held before it was looked at
@example([("deaf", "pump"), RELEASE, STOP], "after", "heating", 1.0, DIGIT_ML)
@example([("deaf", "transducer"), STOP], "after", "infusing", 0.0, DIGIT_ML)
@example([LOOK, IN_RANGE, LOOK, LOOK, COLD], "before the loans", "infusing", 0.0, 0.001)
def test_what_really_flowed_lies_within_the_bounds(places, steps, dies, place, fast, digit_ml) -> None:
    """Whatever happens before, and wherever the controller dies."""
    plan = places[place].plan
    rig = with_truth(places[place], fast * plan.pump.rate_tolerance_fraction, digit_ml)
    state, flowed = run_to_its_end(rig, steps, dies)
    bounds, ledger = unseen(state), state.ledger
    assert bounds.lent_J.lower == 0.0
    assert (bounds.patient_ml.lower, bounds.heated_s.lower, bounds.unheated_s.lower) == (
        ledger.patient_ml, ledger.heated_s, ledger.unheated_s,
    )  # fmt: skip
    in_patient_ml = reached_patient_ml(flowed["mL"], plan.prescription)
    assert ledger.patient_ml <= in_patient_ml + 1e-9
    assert in_patient_ml <= bounds.patient_ml.upper + 1e-9
    assert bounds.patient_ml.upper <= plan.prescription.volume_ml + 1e-9, "the pump's own limit"
    assert flowed["s"] <= bounds.heated_s.upper - bounds.heated_s.lower + 1e-9
    assert flowed["s"] <= bounds.unheated_s.upper - bounds.unheated_s.lower + 1e-9
    assert flowed["J"] <= bounds.lent_J.upper + 1e-9


# ------------------------------------------------------------------------------------------------------------- by hand
def test_nothing_was_lent_and_nothing_is_unseen(places) -> None:
    for name in ("begun", "set-up", "accepted"):
        bounds = unseen(places[name].loop.state)
        nothing = Bounded(0.0, 0.0, 0.0)
        assert (bounds.patient_ml, bounds.heated_s, bounds.unheated_s) == (nothing, nothing, nothing), name
        assert bounds.lent_J == nothing, name


def test_before_the_first_event_nothing_is_unseen(made: ModuleType) -> None:
    bounds = unseen(SessionState.begin(made.small_plan()))
    assert {each.upper for each in attrs.astuple(bounds, recurse=False)} == {0.0}


def test_the_pump_runs_to_the_end_of_its_grant(places) -> None:
    state = places["infusing"].loop.state
    plan, seen = state.plan, state.equipment
    ran_s = seen.granted_infusion.until_s - seen.pump_s
    assert 0.0 < ran_s <= plan.pump.watchdog_s
    per_s = 90.0 / 3600.0 * (1.0 + plan.pump.rate_tolerance_fraction)
    pumped_ml = state.ledger.pumped_ml + DIGIT_ML + ran_s * per_s
    assert unseen(state).patient_ml.upper == pytest.approx(max(0.0, pumped_ml - 0.1))
    assert unseen(state).heated_s.upper == pytest.approx(state.ledger.heated_s + state.ledger.pending_s + ran_s)


def test_seconds_that_the_counter_has_not_shown_count(places) -> None:
    """A slow pump runs for seconds before its counter shows another digit: they are in no column yet."""
    state = places["infusing"].loop.state
    slow = attrs.evolve(state, ledger=attrs.evolve(state.ledger, pending_s=7.0))
    for name in ("heated_s", "unheated_s"):
        assert getattr(unseen(slow), name).upper == pytest.approx(getattr(unseen(state), name).upper + 7.0)


def test_a_pump_that_was_seen_to_rest_delivers_nothing_more(places) -> None:
    rig = places["infusing"].reaching()
    rig.act(Trigger.STOP)
    waited = unseen(rig.loop.state)
    assert waited.patient_ml.upper > waited.patient_ml.lower or waited.heated_s.upper > waited.heated_s.lower
    rig.poll()
    bounds, state = unseen(rig.loop.state), rig.loop.state
    assert state.phases.infusion is Infusion.HELD and bounds.heated_s.upper == bounds.heated_s.lower
    assert bounds.patient_ml.upper == pytest.approx(
        max(state.ledger.patient_ml, reached_patient_ml(state.ledger.pumped_ml + DIGIT_ML, state.plan.prescription))
    )


def lent(state: SessionState, power_W: float, left_s: float, **beam: object) -> SessionState:
    """A loan of so much power that has so long to go, given two seconds ago and seen."""
    until_s = state.at_s + left_s
    lease = GrantLease(until_s, (FocalPower((0.0, 0.0, 0.0), power_W),))
    known = {"lease": lease, "granted_s": state.at_s - 2.0, "last_energy_s": until_s, **beam}
    return attrs.evolve(state, beam=attrs.evolve(state.beam, **known))


def test_energy_of_the_last_loan_is_what_is_left_of_it(places) -> None:
    state = places["heating"].loop.state
    most_W = state.plan.sonication.max_power_W
    assert unseen(lent(state, 5.0, 1.5)).lent_J.upper == pytest.approx(7.5)
    assert unseen(lent(state, 5.0, -1.0)).lent_J.upper == 0.0, "it has lapsed"
    # Where it may not have left, or was not taken, the loan before flows on: how much it lent is not kept.
    assert unseen(lent(state, 5.0, 1.5, granted_s=state.at_s)).lent_J.upper == pytest.approx(1.5 * most_W)
    refused = attrs.evolve(lent(state, 5.0, 1.5), equipment=attrs.evolve(state.equipment, refused=Channel.TRANSDUCER))
    assert unseen(refused).lent_J.upper == pytest.approx(1.5 * most_W)


def test_energy_that_was_told_to_end_counts_until_its_end_was_seen(places) -> None:
    rig = places["infusing"].reaching()
    most_W = rig.plan.sonication.max_power_W
    until_s = rig.transducer.lease.until_s
    rig.act(Trigger.STOP)
    assert unseen(rig.loop.state).lent_J.upper == pytest.approx(most_W * (until_s - rig.clock.at_s)) and most_W > 0.0
    rig.poll(0.5)
    assert rig.clock.at_s < until_s and unseen(rig.loop.state).lent_J.upper == 0.0


def test_the_operators_are_told_in_one_sentence(places) -> None:
    said = Unseen(Bounded(1.0, 1.0, 1.234), *[Bounded(0.0, 0.0, 0.0)] * 2, Bounded(0.0, 0.0, 41.7)).said()
    assert said == ("after the last entry up to 42 J may have flowed; 1.00 to 1.23 mL have reached the patient in all")
    text = json.loads(Encoder().text(unseen(places["infusing"].loop.state)))
    assert set(text) == {"$type", "patient_ml", "heated_s", "unheated_s", "lent_J"}, "and so it stands on record"


def test_a_pump_never_delivers_more_than_its_own_limit(places) -> None:
    state = places["infusing"].loop.state
    nearly = attrs.evolve(state, ledger=attrs.evolve(state.ledger, pumped_ml=1.095, patient_ml=0.995))
    assert unseen(nearly).patient_ml == Bounded(0.995, 0.995, 1.0)


def test_a_stop_before_anything_was_released_leaves_nothing_unseen_of_the_drug(places) -> None:
    for name in ("begun", "set-up", "accepted", "heating"):
        rig = places[name].reaching()
        rig.clock.at_s += 0.5
        rig.act(Trigger.STOP)
        bounds, nothing = unseen(rig.loop.state), Bounded(0.0, 0.0, 0.0)
        assert (bounds.patient_ml, bounds.heated_s, bounds.unheated_s) == (nothing, nothing, nothing), name


def test_a_pump_that_was_held_may_have_run_until_then_and_through_its_watchdog(places) -> None:
    rig = places["infusing"].reaching()
    looked_s = rig.loop.state.equipment.pump_s
    rig.clock.at_s += 0.75
    rig.act(Trigger.STOP)
    bounds, state = unseen(rig.loop.state), rig.loop.state
    ran_s = rig.clock.at_s - looked_s + state.plan.pump.watchdog_s
    assert bounds.unheated_s.upper == pytest.approx(state.ledger.unheated_s + state.ledger.pending_s + ran_s)


def test_what_was_looked_at_in_the_moment_of_the_hold_counts_as_seen(places) -> None:
    rig = places["infusing"].reaching()
    rig.act(Trigger.STOP)
    rig.poll()
    state = rig.loop.state
    seen = attrs.evolve(state.equipment, held_s=state.equipment.pump_s)
    bounds = unseen(attrs.evolve(state, equipment=seen))
    assert not seen.pump.infusing and bounds.heated_s.upper == bounds.heated_s.lower


def test_output_that_was_seen_after_it_was_told_to_end_may_go_on(places) -> None:
    rig = places["infusing"].reaching()
    rig.act(Trigger.STOP)
    rig.poll(0.5)
    state = rig.loop.state
    on = attrs.evolve(state.equipment, transducer=TransducerReport(True, True, 5.0))
    goes_on = attrs.evolve(state, equipment=on)
    left_s = state.beam.last_energy_s - state.at_s
    assert left_s > 0.0 and unseen(state).lent_J.upper == 0.0
    assert unseen(goes_on).lent_J.upper == pytest.approx(state.plan.sonication.max_power_W * left_s)
