"""The guardian's states: the enable is never on where a condition fails, and nothing but `arm` sets it."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syntherm.guardian.causes import TO_PROVE, TO_TRY, Cause, Mode
from syntherm.guardian.facts import Limits, Seen
from syntherm.guardian.machine import Machine

pytestmark = pytest.mark.verifies("SRS-907", "SRS-908", "RC-17")

LIMITS = Limits(heartbeat_s=2.5, frame_age_s=4.0, temperature_degC=44.0, proof_s=4.5)
GOOD = Seen(41.0)
BAD = {
    Cause.TEMPERATURE: Seen(44.01),
    Cause.FROZEN: Seen(None, frozen=True),
    Cause.UNREADABLE: Seen(None, readable=False),
}


class Hands:
    """Brings a machine somewhere."""

    def __init__(self) -> None:
        self.machine, self.now_s, self.counter = Machine(LIMITS), 0.0, 0

    def beat(self) -> None:
        self.counter += 1
        assert self.machine.heartbeat(self.now_s, self.counter, float(self.counter))

    def good(self) -> None:
        self.machine.tested()
        self.machine.link(self.now_s, up=True)
        self.machine.contact(self.now_s, closed=True)
        self.machine.reads_back(self.now_s, well=True)
        self.beat()

    def prove(self) -> None:
        assert self.machine.prove() is None
        for cause in sorted(TO_TRY, key=lambda each: each.value):
            self.beat()
            assert self.machine.arm(self.now_s) is None
            self.machine.attempt(self.now_s, cause, BAD.get(cause, GOOD))
            assert self.machine.dropped is cause
        assert self.machine.arm(self.now_s) is None
        self.now_s += 3.0
        self.machine.look(self.now_s)
        assert self.machine.dropped is Cause.HEARTBEAT
        assert self.machine.proven() is None

    def enabled(self) -> Machine:
        self.good()
        self.prove()
        self.beat()
        self.machine.frame(self.now_s, GOOD)
        assert self.machine.arm(self.now_s) is None
        assert self.machine.enabled
        return self.machine


def causes(hands: Hands, cause: Cause) -> None:
    machine, now_s = hands.machine, hands.now_s
    if cause in BAD:
        machine.frame(now_s, BAD[cause])
    elif cause is Cause.HEARTBEAT:
        machine.frame(now_s + 2.5, GOOD)
        assert machine.enabled
        machine.look(now_s + 2.501)
    elif cause is Cause.FRAME_AGE:
        hands.now_s += 2.0
        hands.beat()
        machine.look(now_s + 4.0)
        assert machine.enabled
        machine.look(now_s + 4.001)
    elif cause is Cause.LINK:
        machine.link(now_s, up=False)
    elif cause is Cause.STOP:
        machine.contact(now_s, closed=False)
    elif cause is Cause.OPERATOR:
        machine.stop(now_s)
    elif cause is Cause.READBACK:
        machine.reads_back(now_s, well=False)
    else:
        machine.failed()


@pytest.mark.parametrize("cause", sorted(TO_PROVE, key=lambda each: each.value), ids=lambda each: each.value)
def test_each_cause_takes_the_enable_away_and_latches(cause: Cause) -> None:
    hands = Hands()
    machine = hands.enabled()
    causes(hands, cause)
    assert not machine.enabled
    assert machine.dropped is cause
    assert machine.mode is Mode.DROPPED
    hands.good()
    machine.frame(hands.now_s, GOOD)
    assert machine.arm(hands.now_s) == "mode is dropped"
    assert machine.proven() is not None
    assert not machine.enabled


def test_a_repeated_counter_or_verdict_is_no_heartbeat() -> None:
    hands = Hands()
    machine = hands.enabled()
    assert not machine.heartbeat(2.0, hands.counter, 1e6)
    assert not machine.heartbeat(2.0, hands.counter + 1, float(hands.counter))
    assert machine.heartbeat(3.0, hands.counter + 1, hands.counter + 0.5)


def test_a_proof_without_one_cause_is_refused_by_its_name() -> None:
    hands = Hands()
    hands.good()
    assert hands.machine.prove() is None
    assert hands.machine.arm(0.0) is None
    hands.machine.attempt(0.0, Cause.STOP)
    refused = hands.machine.proven()
    assert refused is not None
    assert "stop" not in refused
    assert "temperature" in refused and "operator" in refused
    assert hands.machine.mode is Mode.PROVING


def test_an_attempt_leaves_no_trace_in_what_is_known() -> None:
    hands = Hands()
    machine = hands.enabled()
    before = machine.in_the_way(hands.now_s)
    machine.attempt(hands.now_s, Cause.TEMPERATURE, BAD[Cause.TEMPERATURE])
    assert machine.in_the_way(hands.now_s) == before == ()


def test_an_attempt_that_does_not_trip_proves_nothing() -> None:
    hands = Hands()
    hands.good()
    hands.machine.prove()
    hands.machine.arm(0.0)
    hands.machine.attempt(0.0, Cause.TEMPERATURE, GOOD)
    assert hands.machine.enabled
    assert hands.machine.tripped == frozenset()


def test_an_enable_for_the_proof_does_not_last() -> None:
    hands = Hands()
    hands.good()
    hands.machine.prove()
    hands.machine.arm(0.0)
    for at_s in (2.0, 4.0):
        hands.now_s = at_s
        hands.beat()
        assert hands.machine.enabled
    hands.now_s = 4.6
    hands.beat()
    assert not hands.machine.enabled
    assert hands.machine.dropped is Cause.UNPROVEN


def test_no_image_no_enable_for_a_treatment() -> None:
    hands = Hands()
    hands.good()
    hands.prove()
    hands.beat()
    assert "frame-age" in str(hands.machine.arm(hands.now_s))
    hands.machine.frame(hands.now_s, Seen(None))
    assert "unreadable" in str(hands.machine.arm(hands.now_s)), "while the baseline is being taken"
    assert not hands.machine.enabled


def test_what_a_session_proved_does_not_hold_for_the_next() -> None:
    hands = Hands()
    hands.good()
    hands.prove()
    hands.machine.link(hands.now_s, up=False)
    hands.machine.link(hands.now_s, up=True)
    assert hands.machine.mode is Mode.READY
    assert hands.machine.arm(hands.now_s) == "mode is ready"


def test_a_failure_of_its_own_leads_nowhere() -> None:
    hands = Hands()
    hands.good()
    hands.machine.failed()
    assert hands.machine.prove() is not None
    assert hands.machine.arm(0.0) is not None


@pytest.mark.parametrize("degC", [44.01, float("nan"), float("inf"), float("-inf")])
def test_above_the_limit_or_no_number_takes_the_enable_away(degC: float) -> None:
    hands = Hands()
    machine = hands.enabled()
    machine.frame(hands.now_s, Seen(44.0))
    assert machine.enabled
    machine.frame(hands.now_s, Seen(degC))
    assert not machine.enabled
    assert machine.dropped is Cause.TEMPERATURE


def test_a_clock_that_goes_back_takes_the_enable_away() -> None:
    hands = Hands()
    machine = hands.enabled()
    machine.look(hands.now_s - 0.1)
    assert not machine.enabled


class Life(RuleBasedStateMachine):
    """Anything in any order, beside a small account of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.machine, self.now_s, self.counter = Machine(LIMITS), 0.0, 0
        self.beat_s = self.frame_s = None
        self.contact = self.link = self.mirror = self.failed = self.was_on = False
        self.seen = None

    def _same_or_off(self) -> None:
        assert self.was_on or not self.machine.enabled, "something but arm has set the enable"
        self.was_on = self.machine.enabled

    @initialize(proven=st.booleans())
    def begin(self, proven: bool) -> None:
        if proven:
            hands = Hands()
            hands.good()
            hands.prove()
            self.machine, self.now_s, self.counter = hands.machine, hands.now_s, hands.counter
            self.beat_s, self.contact, self.link, self.mirror = 0.0, True, True, True

    @rule(seconds=st.sampled_from((0.0, 0.1, 1.0, 2.5, 3.0, 4.5)))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.machine.look(self.now_s)
        self._same_or_off()

    @rule(again=st.booleans())
    def heartbeat(self, again: bool) -> None:
        self.counter += 0 if again else 1
        if self.machine.heartbeat(self.now_s, self.counter, float(self.counter)):
            self.beat_s = self.now_s
        self._same_or_off()

    @rule(closed=st.booleans())
    def press(self, closed: bool) -> None:
        self.contact = closed
        self.machine.contact(self.now_s, closed=closed)
        self._same_or_off()

    @rule(up=st.booleans())
    def connect(self, up: bool) -> None:
        self.link, self.beat_s = up, None
        self.machine.link(self.now_s, up=up)
        self._same_or_off()

    @rule(well=st.booleans())
    def read_back(self, well: bool) -> None:
        self.mirror = well
        self.machine.reads_back(self.now_s, well=well)
        self._same_or_off()

    @rule(seen=st.sampled_from((GOOD, GOOD, GOOD, Seen(None), *BAD.values(), Seen(float("nan")))))
    def image(self, seen: Seen) -> None:
        self.frame_s, self.seen = self.now_s, seen
        self.machine.frame(self.now_s, seen)
        self._same_or_off()

    @rule(what=st.sampled_from(("prove", "proven", "disarm", "tested", "forget")))
    def order(self, what: str) -> None:
        if what == "forget":
            self.frame_s = self.seen = None
            self.machine.forget_images(self.now_s)
        else:
            getattr(self.machine, what)()
        self._same_or_off()

    @rule(cause=st.sampled_from(sorted(Cause, key=lambda each: each.value)))
    def attempt(self, cause: Cause) -> None:
        self.machine.attempt(self.now_s, cause, BAD.get(cause, GOOD))
        self._same_or_off()

    @rule()
    @precondition(lambda self: self.counter > 8)
    def fail(self) -> None:
        self.failed = True
        self.machine.failed()
        self._same_or_off()

    @rule()
    def arm(self) -> None:
        mode = self.machine.mode
        refused = self.machine.arm(self.now_s)
        if refused is None:
            assert mode in (Mode.PROVING, Mode.PROVEN)
        self.was_on = self.machine.enabled

    @invariant()
    def never_on_where_a_condition_fails(self) -> None:
        if not self.machine.enabled:
            return
        assert self.contact and self.link and self.mirror and not self.failed
        assert self.beat_s is not None and self.now_s - self.beat_s <= LIMITS.heartbeat_s
        assert self.machine.mode in (Mode.PROVING, Mode.ENABLED)
        if self.machine.mode is Mode.ENABLED:
            assert self.frame_s is not None and self.now_s - self.frame_s <= LIMITS.frame_age_s
            assert self.seen is not None and self.seen.temperature_degC is not None
            assert self.seen.temperature_degC <= LIMITS.temperature_degC
            assert not self.seen.frozen and self.seen.readable

    @invariant()
    def a_drop_stays(self) -> None:
        if self.machine.mode is Mode.DROPPED:
            assert not self.machine.enabled
            assert self.machine.dropped is not None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
