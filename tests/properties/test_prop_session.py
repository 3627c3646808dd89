"""A session under anything that people, images and equipment do, watched by counters that are the test's own.

| rule                                  | may do                                                | requirement      |
|---------------------------------------|-------------------------------------------------------|------------------|
| steer, act, follow                    | what people do, asked or not, as the clock jumps, too | SRS-102, SRS-701 |
| poll, odd_polls                       | equipment as it is: silent, open, alarming, sounding  | SRS-207, SRS-306 |
| image, wild_image, bad_image, frozen  | images in and out of range, spoilt, repeated          | SRS-408, SRS-410 |
| good_images                           | the scanner goes on as it should                      | SRS-202          |
| wait, calamity                        | nothing comes; the clock, a channel, the controller   | SRS-409, SRS-113 |
"""

import pickle

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from syntherm.core.commands import EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.events import Channel, ChannelFailed, FrameReceived, OperatorActed, Restarted
from syntherm.core.guidance import guide
from syntherm.core.machine import IllegalEvent
from syntherm.core.step import step
from syntherm.core.vocabulary import ACTS, Calibration, Energy, Infusion, Session, SetupItem, Trigger

PEOPLE = ("ana", "ben")
NEEDED_TO_TEST = (
    "clock", "stop-loop", "transducer-link", "transducer-output", "channels", "frame-identity", "target-hot",
    "guards-hot", "guards-dose",
)  # fmt: skip
NEEDED_TO_HEAT = (*NEEDED_TO_TEST, "frame-age", "frames-lost", "drift", "target-seen", "guards-seen", "heating-time")


def digest(state) -> bytes:
    """Every field and every array of a state, so that a change in place is seen."""
    return pickle.dumps(attrs.asdict(state, recurse=False))


class Account:
    """What the test itself has seen: it reads commands and images, never the state's own counters."""

    def __init__(self) -> None:
        self.dwell_s = 0.0
        self.good_s: float | None = None
        self.was_in_range = False
        self.ever_leased = False
        self.resets: set[str] = set()
        self.accepts: set[str] = set()
        self.infused_ml = 0.0
        self.lease_until_s = -1.0


class Sessions(RuleBasedStateMachine):
    """The rules; a sub-class names the bench."""

    bench = made = None

    @initialize(
        place=st.sampled_from(["infusing", "heating", "heating", "infusing", "accepted", "review", "learned"]),
        calm=st.integers(5, 60),
    )
    def begin(self, place, calm):
        self.drive, self.own, self.calm = self.bench.at(place), Account(), calm
        self.own.ever_leased = place in ("review", "accepted", "heating", "infusing")
        self.own.dwell_s = self.drive.state.range_clock.dwell_s
        self.own.was_in_range = self.drive.state.range_clock.in_range
        self.own.good_s = self.drive.state.imaging.acquired_s
        self.warm = self.made.Picture(target=41.2)

    def no_longer_calm(self):
        """What aborts comes after a while, so that sessions get somewhere."""
        return self.calm < self.steps

    # ------------------------------------------------------------------------------------------- rules
    @rule(
        act=st.sampled_from([Trigger.PAUSE, Trigger.RESUME, Trigger.RELEASE_INFUSION, Trigger.HOLD_INFUSION]),
        after_s=st.sampled_from([0.0, 0.2]),
    )
    def steer(self, act, after_s):
        self.feed(OperatorActed(self.drive.at_s + after_s, act, "ana", None, ""))

    @precondition(no_longer_calm)
    @rule(
        act=st.sampled_from(ACTS), person=st.sampled_from(PEOPLE), item=st.sampled_from(SetupItem),
        reason=st.sampled_from(["", "checked"]), after_s=st.sampled_from([0.0, 0.0, 0.0, 6.0, -0.1]),
    )  # fmt: skip
    def act(self, act, person, item, reason, after_s):
        self.feed(OperatorActed(self.drive.at_s + after_s, act, person, item, reason))

    @rule(person=st.sampled_from(PEOPLE))
    def follow(self, person):
        prompt = guide(self.drive.state).prompt
        if prompt is not None:
            self.feed(OperatorActed(self.drive.at_s, prompt.act, person, prompt.item, "asked"))

    @rule(after_s=st.sampled_from([1.0, 1.0, 0.3]))
    def poll(self, after_s):
        self.feed(self.drive.room.look(self.drive.at_s + after_s))

    @precondition(no_longer_calm)
    @rule(
        missing=st.sampled_from(["", "transducer", "pump", "stop-loop"]), alarm=st.sampled_from([None, "occlusion"]),
        stop=st.sampled_from([False, False, True]), sounding=st.booleans(), seconds=st.integers(1, 4),
    )  # fmt: skip
    def odd_polls(self, missing, alarm, stop, sounding, seconds):
        room = self.drive.room
        room.missing, room.alarm, room.stop_open = frozenset({missing}), alarm, stop
        for _ in range(seconds):
            look = room.look(self.drive.at_s + 1.0)
            if sounding and look.transducer is not None:
                look = attrs.evolve(look, transducer=attrs.evolve(look.transducer, output_on=True, power_W=70.0))
            self.feed(look)
        room.missing, room.alarm, room.stop_open = frozenset(), None, False

    @rule(heat=st.sampled_from([39.0, 40.6, 41.2, 42.7]), guards=st.sampled_from([37.0, 37.0, 37.0, 43.5]))
    def image(self, heat, guards):
        self.feed(self.drive.frame_event(self.made.Picture(target=heat, guards=guards), after_s=0.5))

    @precondition(no_longer_calm)
    @rule(heat=st.sampled_from([37.0, 44.8, 46.0]))
    def wild_image(self, heat):
        self.feed(self.drive.frame_event(self.made.Picture(target=heat), after_s=0.5))

    @rule(spoilt=st.sampled_from(["number", "old", "future", "echo", "shape", "nan", "dark"]))
    def bad_image(self, spoilt):
        event = self.drive.frame_event(self.warm, after_s=0.5)
        volume = event.volume.copy()
        if spoilt == "nan":
            volume[0, 0, 0] = np.nan
        if spoilt == "dark":
            volume.reshape(-1)[self.drive.state.layout.reference] *= 1e-3
        changes = {
            "number": {"sequence": self.drive.state.imaging.sequence or 0},
            "old": {"acquired_s": event.at_s - 60.0},
            "future": {"acquired_s": event.at_s + 1.0},
            "echo": {"echo_time_ms": 9.0},
            "shape": {"volume": volume[:, :, :1]},
        }.get(spoilt, {"volume": volume})
        self.feed(attrs.evolve(event, **changes))

    @precondition(no_longer_calm)
    @rule()
    def frozen_image(self):
        volume = self.drive.state.imaging.volume
        if volume is not None:
            self.feed(self.drive.frame_event(after_s=0.5, volume=volume))

    @rule(images=st.integers(1, 6), spot=st.sampled_from([2.5, 2.5, 0.0]))
    def good_images(self, images, spot):
        for _ in range(images):
            for _ in range(3):
                self.poll(1.0)
            energy = self.drive.state.phases.energy
            cool = self.made.Picture(spot=spot if energy is Energy.TEST else 0.0)
            self.feed(self.drive.frame_event(self.warm if energy in (Energy.ON, Energy.PAUSED) else cool))

    @rule(seconds=st.sampled_from([3, 5, 9]))
    def wait(self, seconds):
        for _ in range(seconds):
            self.poll(1.0)

    @precondition(no_longer_calm)
    @rule(
        what=st.sampled_from(["silence", "ahead", "back", "far ahead", *Channel, "restart"]),
    )
    def calamity(self, what):
        at_s = self.drive.at_s
        if what == "silence":
            self.wait(62)
        elif what == "restart":
            self.feed(Restarted(at_s + 45.0, "killed"))
        elif isinstance(what, Channel):
            self.feed(ChannelFailed(at_s + 0.1, what, "no answer"))
        else:
            self.feed(self.drive.room.look(at_s + {"ahead": 6.0, "back": -1.0, "far ahead": 500.0}[what]))

    # --------------------------------------------------------------------------------------- one step
    steps = 0

    def feed(self, event):
        self.steps += 1
        before = self.drive.state
        kept = digest(before)
        try:
            outcome = step(before, event)
        except IllegalEvent:
            assert isinstance(event, OperatorActed), "only a person's act is refused"
            assert digest(before) == kept and self.drive.state is before
            return
        again = step(before, event)
        assert again.commands == outcome.commands, "the same state and event give the same commands"
        assert digest(again.state) == digest(outcome.state)
        assert digest(before) == kept, "a step changes nothing in the state that it began from"
        self.count(before, event, outcome)
        self.drive.feed(event)
        self.judge(before, event, outcome)

    def count(self, before, event, outcome):
        own, after = self.own, outcome.state
        if isinstance(event, FrameReceived) and after.imaging.defect is None:
            target, heating = after.thermometry.target, after.plan.heating
            in_range = (
                before.phases.session in (Session.HEATING, Session.DRUG_INFUSION_SYNC)
                and target is not None
                and target.valid_fraction >= after.plan.limits.target_min_valid_fraction
                and target.cold90.lower >= heating.range_cold90_min_degC
                and target.hot10.upper <= heating.range_hot10_max_degC
            )
            gap_s = np.inf if own.good_s is None else event.acquired_s - own.good_s
            both = in_range and own.was_in_range and gap_s <= after.plan.limits.frame_age_s
            own.dwell_s = own.dwell_s + gap_s if both else 0.0
            own.was_in_range, own.good_s = in_range, event.acquired_s

    def judge(self, before, event, outcome):
        after, commands = outcome.state, outcome.commands
        kinds = {type(command) for command in commands}
        assert not {EnergyOff, GrantLease} <= kinds, "no lease in the step that takes energy away"
        assert not {HoldInfusion, GrantInfusion} <= kinds, "no drug in the step that holds it"
        falling = [isinstance(command, EnergyOff | HoldInfusion) for command in commands]
        assert falling == sorted(falling, reverse=True), "what takes away comes first"
        for command in commands:
            if isinstance(command, GrantLease):
                self.judge_lease(event, after, command)
            if isinstance(command, GrantInfusion):
                self.judge_infusion(before, event, after, command)
        if outcome.refused is None:
            self.judge_people(before, event, after)
        self.judge_phases(before, after, commands)
        assert after.watch.violations == (), "the session's own monitors are silent"

    def judge_lease(self, event, after, lease):
        assert isinstance(event, FrameReceived), "a lease is renewed by an image, never by the clock"
        assert after.imaging.defect is None and after.thermometry.thermal is not None
        assert event.at_s < lease.until_s <= event.at_s + after.plan.scanner.frame_period_s
        assert 0.0 <= lease.power_W <= after.plan.sonication.max_power_W * (1 + 1e-9)
        assert after.phases.energy in (Energy.ON, Energy.TEST)
        verdicts = self.drive.last.records[0].verdicts
        needed = NEEDED_TO_TEST if after.phases.energy is Energy.TEST else NEEDED_TO_HEAT
        assert all(verdicts[name].may_continue for name in needed), "every check of the beam lets it continue"
        self.own.ever_leased = True

    def judge_infusion(self, before, event, after, grant):
        plan = after.plan
        assert after.phases.infusion is Infusion.INFUSING
        assert grant.until_s == event.at_s + plan.pump.watchdog_s
        assert grant.volume_limit_ml == plan.prescription.volume_ml + plan.prescription.line_dead_volume_ml
        if before.phases.infusion is Infusion.INFUSING:
            assert isinstance(event, FrameReceived) and after.imaging.defect is None
        else:
            assert isinstance(event, OperatorActed) and event.act is Trigger.RELEASE_INFUSION
            assert self.own.dwell_s >= plan.heating.dwell_s - 1e-6, "released after the dwell since the last loss"
            assert self.own.ever_leased

    def judge_people(self, before, event, after):
        own = self.own
        if isinstance(event, OperatorActed) and event.act is Trigger.RESET and event.reason:
            own.resets.add(event.person)
        if before.phases.session is Session.ABORT and after.phases.session is not Session.ABORT:
            assert after.phases.session is Session.SETUP
            assert isinstance(event, OperatorActed) and event.act is Trigger.RESET
            assert own.resets == set(PEOPLE), "no reset by one person"
            assert after.agreements == frozenset()
            own.resets, own.accepts, own.dwell_s, own.was_in_range = set(), set(), 0.0, False
        if after.phases.calibration is Calibration.BASELINE:
            own.accepts = set()
        if isinstance(event, OperatorActed) and event.act is Trigger.ACCEPT_CALIBRATION:
            own.accepts.add(event.person)
            if after.phases.calibration is Calibration.ACCEPTED:
                assert own.accepts == set(PEOPLE), "no calibration accepted by one person"

    def judge_phases(self, before, after, commands):
        session, energy = after.phases.session, after.phases.energy
        if energy is Energy.ON:
            assert session in (Session.HEATING, Session.DRUG_INFUSION_SYNC) and self.own.ever_leased
            assert after.phases.calibration is Calibration.ACCEPTED
        if before.phases.energy in (Energy.ON, Energy.TEST) and energy not in (Energy.ON, Energy.TEST):
            assert EnergyOff() in commands
        if before.phases.infusion is Infusion.INFUSING and after.phases.infusion is not Infusion.INFUSING:
            assert HoldInfusion() in commands
        if session is Session.ABORT and before.phases.session is not Session.ABORT:
            assert {EnergyOff(), HoldInfusion()} <= set(commands)
        if after.phases.infusion is Infusion.INFUSING:
            assert session is Session.DRUG_INFUSION_SYNC
        limit_ml = after.plan.prescription.volume_ml + after.plan.prescription.line_dead_volume_ml
        assert self.drive.room.pumped_ml <= limit_ml + 1e-9
        ledger = after.ledger
        assert ledger.patient_ml == pytest.approx(ledger.heated_ml + ledger.unheated_ml, abs=1e-9)
        assert guide(after).text


@pytest.mark.verifies(
    "SRS-105", "SRS-106", "SRS-112", "SRS-114", "SRS-201", "SRS-202", "SRS-301", "SRS-302", "SRS-303", "SRS-704",
    "RC-01", "RC-02", "RC-03", "RC-07", "RC-08", "RC-12", "RC-16",
)  # fmt: skip
def test_sessions_under_anything(bench, made):
    bound = type("Bound", (Sessions,), {"bench": bench, "made": made})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
