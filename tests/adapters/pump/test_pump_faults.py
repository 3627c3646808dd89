"""Each fault of the wire: what the client makes of it. Nothing wrong is ever taken for an answer."""

import pytest

from syntherm.core.commands import GrantInfusion
from syntherm.ports.equipment import PortError
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.new_era_frames import safe_frame

pytestmark = pytest.mark.verifies("SRS-901", "SRS-904", "RC-08")

NO_ANSWER = (
    WireFault.MUTE, WireFault.SLOW, WireFault.GARBLED, WireFault.HALF, WireFault.WRONG_REPLY, WireFault.OTHERS_REPLY
)  # fmt: skip


@pytest.mark.parametrize("fault", NO_ANSWER, ids=lambda fault: fault.name)
def test_what_is_no_answer_confirms_nothing(bench, fault: WireFault) -> None:
    """Asked, told to hold and granted, again and again: no report, no confirmation, and drug for one watchdog only."""
    bench.infuse(3)
    bench.device.fault = fault
    begun_s = bench.timeline.now_s()
    for _ in range(6):
        assert bench.pump.report() is None
        with pytest.raises(PortError, match="infusion refused"):
            bench.start()
        with pytest.raises(PortError, match="hold not confirmed"):
            bench.pump.hold()
        bench.wait(0.45)
    assert bench.device.pumped_ml <= 90.0 * (begun_s + 2.0) / 3600.0
    assert not bench.device.motor.running


@pytest.mark.parametrize("fault", NO_ANSWER, ids=lambda fault: fault.name)
def test_asking_alone_keeps_no_such_pump_running(bench, fault: WireFault) -> None:
    bench.start()
    bench.device.fault = fault
    for _ in range(100):
        bench.pump.report()
        bench.wait(0.1)
    assert not bench.device.motor.running
    assert bench.device.pumped_ml <= 90.0 * 5.0 / 3600.0


@pytest.mark.parametrize("fault", NO_ANSWER, ids=lambda fault: fault.name)
def test_it_is_understood_again_when_the_fault_is_over(bench, fault: WireFault) -> None:
    bench.start()
    bench.device.fault = fault
    assert bench.pump.report() is None
    bench.wait(1.0)
    bench.device.fault = None
    bench.pump.report()
    bench.wait(1.0)
    bench.pump.hold()
    assert bench.pump.report() is not None


def test_a_stuck_pump_does_not_confirm_a_hold(bench) -> None:
    bench.infuse(4)
    bench.device.fault = WireFault.STUCK
    with pytest.raises(PortError, match="hold not confirmed: told to stop, it reads back infusing"):
        bench.pump.hold()


def test_a_stuck_pump_does_not_confirm_a_start(bench) -> None:
    bench.pump.report()
    bench.device.fault = WireFault.STUCK
    with pytest.raises(PortError, match="refused: read back"):
        bench.start()
    assert not bench.device.motor.running


def test_an_alarm_that_nobody_asked_for(bench) -> None:
    bench.infuse(3)
    bench.device.fault = WireFault.ALARM
    assert bench.pump.report().alarm == "occlusion: motor stalled"
    with pytest.raises(PortError, match="refused: pump alarm: occlusion"):
        bench.start()
    bench.pump.hold()


def test_a_pump_that_forgets_says_so_and_is_granted_nothing(bench) -> None:
    bench.infuse(3)
    bench.device.fault = WireFault.RESET
    assert bench.pump.report().alarm == "reset: power was interrupted"
    with pytest.raises(PortError, match="refused: pump alarm: reset"):
        bench.start()
    assert not bench.device.motor.running


def test_a_pump_that_lies_about_its_rate_shows_it_by_its_counter(bench) -> None:
    """The client cannot know; what it hands on is enough for the core's check of the true rate."""
    bench.device.fault = WireFault.LIES
    bench.start()
    first = bench.pump.report()
    bench.infuse(30)
    bench.start()
    last = bench.pump.report()
    assert last.rate_ml_per_h == 90.0
    assert (last.pumped_ml - first.pumped_ml) * 3600.0 / 30.0 == pytest.approx(1.3 * 90.0, rel=0.01)


def test_a_pump_that_ignores_off_does_not_confirm_it(bench) -> None:
    bench.infuse(2)
    bench.device.fault = WireFault.IGNORES_OFF
    with pytest.raises(PortError, match="hold not confirmed: told to stop, it reads back infusing"):
        bench.pump.hold()
    assert bench.device.motor.running


def test_a_pump_that_ignores_off_is_ended_by_its_watchdog_if_it_is_let_alone(bench) -> None:
    bench.start()
    bench.device.fault = WireFault.IGNORES_OFF
    bench.wait(60.0)
    assert bench.device.pumped_ml == pytest.approx(90.0 * 2.0 / 3600.0)


def test_an_echo_is_no_answer(bench) -> None:
    bench.start()
    bench.device.answer = lambda data: data
    with pytest.raises(PortError, match="STP: the line echoes what is sent"):
        bench.pump.hold()
    assert bench.pump.report() is None


def test_a_line_that_fails_confirms_nothing(bench) -> None:
    bench.start()
    bench.line.gone = True
    assert bench.pump.report() is None
    with pytest.raises(PortError, match=r"hold not confirmed: .*the port is gone"):
        bench.pump.hold()
    with pytest.raises(PortError, match=r"refused: .*the port is gone"):
        bench.start()


def test_a_grant_that_fails_half_way_leaves_nothing_running(bench) -> None:
    """The start is heard, its answer is lost: whatever it did, it is stopped."""
    real, sent = bench.device.answer, []

    def loses_run(data: bytes) -> bytes:
        said = real(data)
        sent.append(data)
        return b"" if b"RUN" in data else said

    bench.device.answer = loses_run
    with pytest.raises(PortError, match=r"refused: RUN: no answer in 0\.3 s, but nothing"):
        bench.pump.grant(GrantInfusion(bench.timeline.now_s() + 5.0, 90.0, 51.0))
    assert not bench.device.motor.running and any(b"RUN" in data for data in sent)


def test_a_pump_that_ignores_off_is_not_fed_by_those_who_tell_it_to_stop(bench) -> None:
    """Each stop would be one more valid packet: after two it is left alone until its watchdog has ended it."""
    bench.start()
    bench.device.fault = WireFault.IGNORES_OFF
    for _ in range(40):
        bench.pump.report()
        if bench.device.motor.running:
            with pytest.raises(PortError, match=r"told to stop, it (reads back infusing|did not: left)"):
                bench.pump.hold()
        bench.wait(0.25)
    assert bench.device.pumped_ml == pytest.approx(90.0 * 2.0 / 3600.0)
    bench.pump.hold()
    assert not bench.pump.report().infusing


def test_noise_before_an_answer_does_not_hide_it_and_is_no_answer(bench) -> None:
    bench.device.unasked = lambda: b"\x02\x07noise"
    assert bench.pump.report().pumped_ml == 0.0
    bench.line.cut = True
    assert bench.pump.report() is None


def test_alarms_of_others_and_noise_are_overheard_and_dropped(bench) -> None:
    frames = [safe_frame("07A?S"), safe_frame("hello"), safe_frame("00S"), b"xx"]
    bench.device.unasked = lambda: frames.pop() if frames else b""
    for _ in range(6):
        bench.pump._pump.listen()
    assert bench.pump.report().alarm is None


@pytest.mark.parametrize("said", ["hello", "00Q", "00I?COM", "00X"])
def test_other_words_confirm_no_hold(bench, said: str) -> None:
    bench.start()
    bench.device.answer = lambda data: safe_frame(said)
    with pytest.raises(PortError, match="hold not confirmed"):
        bench.pump.hold()


@pytest.mark.parametrize("said", ["00W", "00X", "00T", "00U"])
def test_a_pump_that_does_something_else_is_refused(bench, said: str) -> None:
    """Withdrawing, purging, in a pause phase or waiting for a trigger: none of them stands."""
    real = bench.device.answer

    def elsewhere(data: bytes) -> bytes:
        frame = real(data)
        return safe_frame(said + frame[5:-3].decode()) if frame[4:5] in b"ISP" else frame

    bench.device.answer = elsewhere
    with pytest.raises(PortError, match=r"refused: it is .*, and nothing was granted"):
        bench.start()
    with pytest.raises(PortError, match="hold not confirmed: told to stop"):
        bench.pump.hold()
    bench.device.answer = real
    bench.wait(10.0)
    bench.start()
    bench.device.answer = elsewhere
    with pytest.raises(PortError, match="refused: it reads back"):
        bench.start()


def test_a_lease_end_met_by_a_renewal_is_a_new_start(bench) -> None:
    """The pump's word of its watchdog's end comes in the place of an answer, before anybody heard it."""
    bench.start()
    bench.wait(1.9)
    bench.device.unasked = lambda: b""
    bench.wait(0.2)
    bench.start()
    assert bench.pump.report().infusing


def test_what_waited_on_the_line_answers_no_later_question(bench) -> None:
    """The very words that would confirm a hold, left over from before; the pump itself is silent."""
    bench.start()
    bench.device.fault = WireFault.MUTE
    stale = [safe_frame("00PI0.000W0.000ML"), safe_frame("00P")]
    real = bench.line.receive
    bench.line.receive = lambda within_s: stale.pop() if stale else real(within_s)
    with pytest.raises(PortError, match="hold not confirmed"):
        bench.pump.hold()


def test_another_pumps_answer_is_no_answer(bench) -> None:
    bench.start()
    real = bench.device.answer
    bench.device.answer = lambda data: safe_frame("08" + real(data)[4:-3].decode())
    with pytest.raises(PortError, match="answered by address 8, asked 0"):
        bench.pump.hold()


def test_a_start_that_is_not_obeyed_is_no_start(bench) -> None:
    real = bench.device.answer
    bench.device.answer = lambda data: safe_frame("00S") if b"RUN" in data else real(data)
    with pytest.raises(PortError, match="refused: told to run, it does not"):
        bench.start()
