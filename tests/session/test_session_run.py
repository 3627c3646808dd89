"""The loop itself: what it takes in first, how it ends, and that every way out ends in off."""

import gc
from collections.abc import Callable

import attrs
import pytest

from syntherm.core.events import EquipmentPolled, FrameReceived, OperatorActed, StopLoopReport
from syntherm.core.faults import Code
from syntherm.core.vocabulary import Energy, Infusion, Session, Trigger
from syntherm.ports.equipment import PortError
from syntherm.ports.record import AuditFailed
from syntherm.session.loop import SessionFailed

OFF = ["energy off", "hold infusion"]


class Killed(BaseException):
    """Not an Exception: nothing may handle it."""


def script(rig, *does: Callable[[], None]) -> None:
    """Each wait of the loop does the next thing; then the people leave."""
    steps = iter(does)

    def upon() -> None:
        step = next(steps, None)
        if step is None:
            rig.people.leave = True
        else:
            step()

    rig.clock.upon = upon


@pytest.mark.verifies("SRS-105", "RC-05")
def test_a_stop_too_short_for_two_readings_is_a_stop(places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading that found the loop open is the one that is answered: the next may find it closed again."""
    rig = places["infusing"].reaching()
    begun_s, readings = rig.clock.at_s, iter([True, False])

    def early() -> None:
        rig.clock.at_s = begun_s + 0.2
        monkeypatch.setattr(type(rig.stop_loop), "report", lambda _: StopLoopReport(next(readings, True)))

    def again() -> None:
        rig.clock.at_s = begun_s + 0.3

    script(rig, nothing, early, again)
    rig.loop.run()
    (first, *_) = rig.loop.state.faults
    assert (first.code, first.since_s) == (Code.PATIENT_STOP, pytest.approx(begun_s + 0.3))
    assert rig.session is Session.ABORT


@pytest.mark.parametrize("act", [None, Trigger.PAUSE])
def test_what_the_scanner_refused_is_on_record_with_the_next_event(places, act: Trigger | None) -> None:
    rig = places["infusing"].reaching()
    rig.scanner.refused = ["refused: image 7: all values are zero", "gap: image 9 came after image 6"]
    rig.poll() if act is None else rig.act(act)
    record = rig.loop._ports.record
    assert record.remarks == [
        "scanner: refused: image 7: all values are zero", "scanner: gap: image 9 came after image 6",
    ]  # fmt: skip
    rig.poll()
    assert len(record.remarks) == 2, "once"


def test_a_scanner_that_cannot_say_what_it_refused_is_on_record_and_stops_nobody(places) -> None:
    rig = places["infusing"].reaching()
    rig.scanner.remarks_fail = OSError("driver")
    rig.act(Trigger.STOP)
    assert rig.journal[:3] == ["energy off", "hold infusion", "record"]
    assert rig.loop._ports.record.remarks[0] == "scanner: cannot say what it refused"


def test_a_refused_event_leaves_the_remarks_for_one_that_is_taken(places) -> None:
    rig = places["infusing"].reaching()
    rig.scanner.refused = ["refused: image 7: all values are zero"]
    rig.act(Trigger.BEGIN_TEST)
    assert rig.loop._ports.record.refusals and rig.loop._ports.record.remarks == []
    rig.poll()
    assert rig.loop._ports.record.remarks == ["scanner: refused: image 7: all values are zero"]


def act_of(rig, act: Trigger) -> OperatorActed:
    return OperatorActed(rig.clock.at_s, act, "operator-a")


def nothing() -> None:
    """A wait in which nothing happens."""


@pytest.mark.verifies("SRS-105", "RC-05")
def test_people_are_heard_before_equipment_and_equipment_before_images(places) -> None:
    rig = places["infusing"].reaching()

    def all_at_once() -> None:
        rig.scanner.arrived.append(rig.frame(41.2))
        rig.people.queue.append(act_of(rig, Trigger.STOP))

    rig.people.leave = True
    script(rig, nothing, all_at_once)
    rig.loop.run()
    kinds = [type(event) for event in rig.loop._ports.record.events]
    assert kinds[1:4] == [OperatorActed, EquipmentPolled, FrameReceived]
    assert rig.session is Session.ABORT
    assert "grant lease" not in rig.journal, "the image that came with the stop renewed the lease"


@pytest.mark.verifies("SRS-105", "RC-05")
@pytest.mark.parametrize("open_or_mute", ["open", "mute"])
def test_the_patient_stop_is_read_at_every_waking(places, monkeypatch: pytest.MonkeyPatch, open_or_mute: str) -> None:
    """The loop wakes long before its next poll: a stop that is open or cannot be read is answered there and then."""
    rig = places["infusing"].reaching()
    begun_s = rig.clock.at_s
    report = (lambda _: None) if open_or_mute == "mute" else (lambda _: StopLoopReport(False))

    def on_time() -> None:
        """The poll that is due; the stop is closed."""

    def early() -> None:
        rig.clock.at_s = begun_s + 0.2
        monkeypatch.setattr(type(rig.stop_loop), "report", report)

    def stop() -> None:
        rig.people.queue.append(act_of(rig, Trigger.STOP))
        leave(rig)

    steps = iter([on_time, early, stop])
    rig.clock = Waiting(rig.clock, lambda _: next(steps)())
    rig.loop._ports = attrs.evolve(rig.loop._ports, clock=rig.clock)
    rig.loop.run()
    first, second = rig.loop._ports.record.events[:2]
    assert (first.at_s, second.at_s) == (begun_s, begun_s + 0.2)
    assert isinstance(second, EquipmentPolled) and second.stop_loop == (report(None))
    if open_or_mute == "open":
        assert rig.loop._ports.record.records[1].after.session is Session.ABORT


def leave(rig) -> None:
    rig.people.leave = True


@pytest.mark.verifies("SRS-112")
def test_times_of_events_never_go_back(places) -> None:
    """Whatever time a door has put on its event, the loop puts the time at which it is answered."""
    rig = places["infusing"].reaching()

    def late() -> None:
        rig.scanner.arrived += [attrs.evolve(rig.frame(41.2), at_s=1.0), attrs.evolve(rig.frame(41.2), at_s=9e9)]
        rig.people.queue.append(OperatorActed(2.0, Trigger.STOP, "operator-a"))

    script(rig, nothing, late, nothing, late)
    rig.loop.run()
    events = rig.loop._ports.record.events
    times = [event.at_s for event in events]
    assert times == sorted(times) and len(events) >= 9
    assert times[-1] <= rig.clock.at_s


def test_equipment_is_looked_at_once_a_second_however_often_images_wake_the_loop(places) -> None:
    rig = places["heating"].reaching()
    begun_s = rig.clock.at_s
    waits: list[float] = []

    def wait(moment_s: float) -> None:
        waits.append(moment_s)
        rig.clock.at_s = min(moment_s, rig.clock.at_s + 0.25)
        if rig.clock.at_s >= begun_s + 5.0:
            rig.people.queue.append(act_of(rig, Trigger.STOP))
            rig.people.leave = True

    rig.clock = Waiting(rig.clock, wait)
    rig.loop._ports = attrs.evolve(rig.loop._ports, clock=rig.clock)
    rig.loop.run()
    polls = [event.at_s for event in rig.loop._ports.record.events if isinstance(event, EquipmentPolled)]
    assert polls == [begun_s + second for second in range(6)]


class Waiting:
    """A clock that wakes the loop early."""

    def __init__(self, clock, wait: Callable[[float], None]) -> None:
        self._clock, self.wait_until = clock, wait
        self.now_s, self.utc = self._now_s, clock.utc

    def _now_s(self) -> float:
        return float(self._clock.at_s)

    @property
    def at_s(self) -> float:
        return float(self._clock.at_s)

    @at_s.setter
    def at_s(self, at_s: float) -> None:
        self._clock.at_s = at_s


@pytest.mark.verifies("SRS-105")
def test_the_session_closes_only_when_neither_energy_nor_drug_can_flow(places) -> None:
    rig = places["infusing"].reaching()
    rig.people.leave = True
    seen: list[Energy] = []

    def look() -> None:
        seen.append(rig.loop.state.phases.energy)

    def stop() -> None:
        look()
        rig.people.queue.append(act_of(rig, Trigger.STOP))

    script(rig, look, look, stop)
    rig.loop.run()
    assert seen == [Energy.ON] * 3, "the loop left while energy could flow"
    assert rig.session is Session.ABORT


@pytest.mark.verifies("SRS-105")
def test_a_running_infusion_alone_keeps_the_session_open(places) -> None:
    """No step leads to a pump that runs while energy is off; a console that is closed would not leave even then."""
    rig = places["infusing"].reaching()
    rig.people.leave = True
    phases = rig.loop.state.phases
    for infusion, closed in ((Infusion.INFUSING, False), (Infusion.HELD, True)):
        now = attrs.evolve(phases, energy=Energy.OFF, infusion=infusion)
        rig.loop.state = attrs.evolve(rig.loop.state, phases=now)
        assert rig.loop._closed() is closed


@pytest.mark.verifies("SRS-204", "RC-01")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), Killed(), SystemExit(1), RuntimeError("clock")])
def test_every_way_out_of_the_loop_ends_in_off(places, error: BaseException) -> None:
    rig = places["infusing"].reaching()

    def fails() -> None:
        raise error

    script(rig, nothing, fails)
    with pytest.raises(type(error)):
        rig.loop.run()
    assert rig.journal[-2:] == OFF
    assert rig.transducer.lease is None and rig.pump.infusion is None
    assert gc.isenabled()


@pytest.mark.verifies("SRS-204", "RC-01")
@pytest.mark.parametrize("where", ["people.acts", "people.show", "scanner.received", "record.append"])
def test_a_door_that_fails_in_its_own_way_ends_in_off(places, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    rig = places["infusing"].reaching()
    door, method = where.split(".")
    script(rig, nothing)

    def fails(*_: object) -> None:
        rig.journal.append("defect")
        raise LookupError(where)

    monkeypatch.setattr(type(getattr(rig.loop._ports, door)), method, fails)
    with pytest.raises((LookupError, SessionFailed)):
        rig.loop.run()
    assert "defect" in rig.journal and rig.journal[-2:] == OFF
    assert rig.transducer.lease is None and rig.pump.infusion is None


@pytest.mark.verifies("SRS-306", "SRS-207", "RC-04", "RC-08")
@pytest.mark.parametrize("device", ["transducer", "pump", "stop_loop"])
def test_a_driver_that_fails_to_report_has_not_answered(places, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    """Not known, so not safe: the checks answer a silence; the session does not end with a driver's defect."""
    rig = places["infusing"].reaching()

    def fails(*_: object) -> None:
        raise LookupError("a driver's defect")

    monkeypatch.setattr(type(getattr(rig, device)), "report", fails)
    rig.people.leave = True
    script(rig, *[nothing] * 12)
    rig.loop.run()
    polls = [event for event in rig.loop._ports.record.events if isinstance(event, EquipmentPolled)]
    assert len(polls) > 2 and all(getattr(poll, device) is None for poll in polls)
    assert rig.session is Session.ABORT and rig.journal[-2:] == OFF


@pytest.mark.verifies("SRS-204", "RC-01")
def test_an_interrupt_while_the_transducer_is_told_does_not_keep_the_pump_running(places) -> None:
    rig = places["infusing"].reaching()
    rig.transducer.off_fails = KeyboardInterrupt()
    script(rig, lambda: rig.people.queue.append(act_of(rig, Trigger.STOP)))
    with pytest.raises(KeyboardInterrupt):
        rig.loop.run()
    assert rig.pump.infusion is None
    assert gc.isenabled()


@pytest.mark.verifies("SRS-204")
def test_a_transducer_that_fails_on_the_way_out_keeps_nobody_from_the_pump(places) -> None:
    rig = places["infusing"].reaching()
    rig.transducer.off_fails = PortError("no answer")
    rig.loop._ports.record.fails = AuditFailed("disk is full")
    script(rig, nothing)
    with pytest.raises(SessionFailed, match="disk is full"):
        rig.loop.run()
    assert rig.journal[-2:] == OFF and rig.pump.infusion is None


def test_the_cyclic_collector_rests_while_energy_can_flow(places) -> None:
    rig = places["heating"].reaching()
    seen: list[bool] = []

    def stop() -> None:
        rig.people.queue.append(act_of(rig, Trigger.STOP))

    script(rig, lambda: seen.append(gc.isenabled()), stop, lambda: seen.append(gc.isenabled()))
    assert gc.isenabled()
    rig.loop.run()
    assert seen == [False, False]
    assert gc.isenabled() and gc.get_freeze_count() == 0
