"""The simulated NE-1000 by itself, and driven by a client that was written by others."""

import re
import select
import time

import nesp_lib
import pytest

from syntherm.adapters.line import SerialLine
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.timeline import Timeline
from syntherm_sim.wire.new_era import NewEra
from syntherm_sim.wire.new_era_frames import crc16, safe_frame
from syntherm_sim.wire.new_era_motor import Phase, display
from syntherm_sim.wire.pty import PtyServer


class Bare:
    """The device and its clock."""

    def __init__(self, *, alarm: str | None = None) -> None:
        self.timeline = Timeline(lambda from_s, to_s: self.device.live(from_s, to_s))
        self.device = NewEra(self.timeline.now_s, 60.0)
        self.device.alarm = alarm

    def basic(self, command: str) -> str:
        said = self.device.answer(command.encode() + b"\r")
        assert said[:1] == b"\x02" and said[-1:] == b"\x03"
        return said[1:-1].decode()

    def safe(self, command: str) -> str:
        return self.unframed(self.device.answer(safe_frame(command)))

    @staticmethod
    def unframed(said: bytes) -> str:
        assert said[0] == 2 and said[-1] == 3 and said[1] == len(said) - 1
        assert crc16(said[2:-3]).to_bytes(2, "big") == said[-3:-1]
        return said[2:-3].decode()

    def wait(self, seconds: float) -> None:
        self.timeline.wait_until(self.timeline.now_s() + seconds)


@pytest.fixture
def bare() -> Bare:
    return Bare()


@pytest.fixture
def running() -> Bare:
    bare = Bare()
    for command in ("SAF5", "DIA26.59", "RAT360.MH", "VOL1.000", "PHN2", "FUNSTP", "PHN1", "RUN"):
        assert re.fullmatch("00[SI]", bare.safe(command)), command
    return bare


def test_basic_mode_ignores_spaces_and_case(bare: Bare) -> None:
    assert bare.basic("0 d i a 26.59") == "00S" and bare.basic("DIA") == "00S26.59"
    assert bare.basic(" ver") == "00SNE1000V3.928"
    assert bare.basic("") == "00S"


def test_other_addresses_stay_silent(bare: Bare) -> None:
    assert bare.device.answer(b"7VER\r") == b"" and bare.device.answer(safe_frame("07VER")) == b""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("XYZ", "00S?"), ("DIA99", "00S?OOR"), ("DIA12345", "00S?OOR"), ("RAT9999MM", "00S?OOR"), ("RAT0MH", "00S?OOR"),
        ("SAF256", "00S?OOR"), ("SAFx", "00S?"), ("DIRXXX", "00S?OOR"), ("FUNXXX", "00S?OOR"), ("VOL1.2345", "00S?"),
        ("RAT1XX", "00S?"), ("CLD", "00S?"), ("RAT.X", "00S?"),
    ],
)  # fmt: skip
def test_what_it_does_not_take(bare: Bare, command: str, said: str) -> None:
    assert bare.basic(command) == said


def test_a_small_syringe_counts_in_microlitres(bare: Bare) -> None:
    bare.basic("DIA 4.699")
    assert bare.basic("VOL") == "00S0.000UL" and bare.basic("DIS") == "00SI0.000W0.000UL"
    bare.basic("VOL ML")
    bare.basic("VOL 0.5")
    assert bare.basic("VOL") == "00S0.500ML"


def test_direction(bare: Bare) -> None:
    bare.basic("DIR REV")
    assert bare.basic("DIR") == "00SWDR"
    bare.basic("DIA 26.59")
    bare.basic("RAT 360 MH")
    assert bare.basic("RUN") == "00W"
    bare.wait(1.0)
    assert bare.basic("DIS") == "00WI0.000W0.100ML" and bare.device.pumped_ml == 0.0


def test_a_wrong_frame_is_answered_as_such(bare: Bare) -> None:
    frame = bytearray(safe_frame("00STP"))
    frame[4] ^= 1
    assert bare.unframed(bare.device.answer(bytes(frame))) == "00S?COM"


def test_half_a_frame_is_dropped_after_half_a_second(running: Bare) -> None:
    frame = safe_frame("00")
    assert running.device.answer(frame[:3]) == b""
    running.wait(0.4)
    assert running.unframed(running.device.answer(frame[3:])) == "00I"
    running.device.answer(frame[:3])
    running.wait(0.6)
    assert running.safe("") == "00I"


def test_it_pumps_its_volume_and_stops_where_phase_2_is_stop(running: Bare) -> None:
    running.wait(2.0)
    assert running.device.pumped_ml == pytest.approx(0.2) and running.safe("DIS") == "00II0.200W0.000ML"
    for _ in range(5):
        running.wait(2.0)
        running.safe("")
    assert running.safe("DIS") == "00SI1.000W0.000ML" and running.device.pumped_ml == pytest.approx(1.0)


def test_as_left_by_its_last_user_it_pumps_on(bare: Bare) -> None:
    """Why a driver sets phase 2."""
    for command in ("DIA26.59", "RAT360MH", "VOL1.000", "RUN"):
        bare.basic(command)
    bare.wait(20.0)
    assert bare.basic("DIS").startswith("00II2.1")


def test_stop_once_pauses_twice_stops(running: Bare) -> None:
    running.wait(4.0)
    assert running.safe("STP") == "00P"
    assert running.safe("RUN") == "00I"
    running.wait(4.0)
    assert running.safe("STP") == "00P" and running.safe("STP") == "00S"
    assert running.safe("RUN") == "00I"
    assert running.safe("RUN") == "00I?NA"
    for _ in range(5):
        running.wait(4.0)
        running.safe("")
    assert running.device.pumped_ml == pytest.approx(1.8)


@pytest.mark.parametrize("command", ["DIA20", "VOL2", "PHN2", "FUNSTP", "DIRREV", "CLDINF", "RAT5MM"])
def test_settings_rest_while_it_runs(running: Bare, command: str) -> None:
    assert running.safe(command) == "00I?NA"


def test_a_rate_set_while_it_runs_is_not_kept(running: Bare) -> None:
    assert running.safe("RAT180") == "00I" and running.safe("RAT") == "00I180.0MH"
    running.safe("STP")
    assert running.safe("RAT") == "00P360.0MH"


class TestWatchdog:
    def test_it_ends_with_an_alarm_unasked_that_stands_until_it_is_read(self, running: Bare) -> None:
        running.wait(4.9)
        assert running.device.unasked() == b""
        running.wait(30.0)
        assert running.unframed(running.device.unasked()) == "00A?T" and running.device.unasked() == b""
        assert running.device.pumped_ml == pytest.approx(0.5)
        assert running.safe("RUN") == "00A?T"
        assert not running.device.motor.running
        assert running.safe("") == "00S"

    def test_any_valid_packet_feeds_it_and_no_other(self, running: Bare) -> None:
        for _ in range(4):
            running.wait(2.0)
            running.safe("DIS")
        assert running.device.pumped_ml == pytest.approx(0.8)
        frame = bytearray(safe_frame("00DIS"))
        frame[4] ^= 1
        for _ in range(4):
            running.wait(2.0)
            running.device.answer(bytes(frame))
        assert running.device.alarm == "T"

    def test_it_sleeps_after_power_until_it_is_spoken_to(self, running: Bare) -> None:
        running.device.lose_power()
        assert running.unframed(running.device.unasked()) == "00A?R"
        running.wait(100.0)
        assert running.device.unasked() == b""
        assert running.safe("") == "00A?R"
        running.wait(6.0)
        assert running.unframed(running.device.unasked()) == "00A?T"

    def test_settings_outlive_power_and_counters_do_not(self, running: Bare) -> None:
        running.wait(1.0)
        running.device.lose_power()
        assert running.safe("") == "00A?R"
        assert running.safe("DIS") == "00SI0.000W0.000ML" and running.safe("VOL") == "00S1.000ML"
        assert running.safe("SAF") == "00S5"


def test_leaving_safe_mode(running: Bare) -> None:
    running.device.answer(safe_frame("SAF0"))
    assert running.basic("") == "00I"


def test_nothing_starts_while_an_alarm_stands() -> None:
    bare = Bare(alarm="R")
    assert bare.basic("RUN") == "00A?R" and not bare.device.motor.running
    assert bare.basic("") == "00S"


def test_an_empty_syringe_stalls(running: Bare) -> None:
    running.device.motor.pumped_ml = 59.95
    running.wait(2.0)
    assert running.device.alarm == "S" and running.device.pumped_ml == 60.0


def test_a_program_out_of_range_is_an_alarm(bare: Bare) -> None:
    bare.device.program[1] = Phase(rate=9999.0, unit="MM")
    bare.basic("DIA26.59")
    assert bare.basic("RUN") == "00A?O"


def test_its_own_key(running: Bare) -> None:
    running.device.press_start_stop()
    assert running.safe("") == "00P"
    running.device.press_start_stop()
    assert running.safe("") == "00I"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (9.9996, "9.999"), (10.0, "10.00"), (99.999, "99.99"), (123.45, "123.4"), (1500.0, "1500.")],
)
def test_its_display(value: float, text: str) -> None:
    assert display(value) == text


class TestFaults:
    def test_silent_late_or_damaged(self, running: Bare) -> None:
        device = running.device
        device.fault = WireFault.MUTE
        assert device.answer(safe_frame("")) == b""
        device.fault = WireFault.HALF
        assert device.answer(safe_frame("")) == safe_frame("00I")[:4]
        device.fault = WireFault.GARBLED
        assert device.answer(safe_frame("")) != safe_frame("00I")
        device.fault = WireFault.SLOW
        assert device.answer(safe_frame("")) == b"" == device.unasked()
        running.wait(0.5)
        assert running.unframed(device.unasked()) == "00I"

    def test_wrong_words(self, running: Bare) -> None:
        device = running.device
        running.safe("DIS")
        device.fault = WireFault.OTHERS_REPLY
        assert running.safe("RAT") == "00II0.000W0.000ML" and running.safe("") == "00I360.0MH"
        device.fault = WireFault.WRONG_REPLY
        assert running.safe("DIS") == "00INE1000V3.928" and running.safe("VER") == "00I20.00"
        device.fault = None
        running.safe("DIS")
        device.fault = WireFault.STUCK
        running.wait(3.0)
        assert running.safe("DIS") == "00II0.000W0.000ML"

    def test_wrong_deeds(self, running: Bare) -> None:
        device = running.device
        device.fault = WireFault.IGNORES_OFF
        assert running.safe("STP") == "00P" and running.safe("") == "00I"
        device.fault = WireFault.LIES
        running.wait(1.0)
        assert device.pumped_ml == pytest.approx(0.13) and running.safe("RAT") == "00I360.0MH"

    @pytest.mark.parametrize(("fault", "kind"), [(WireFault.ALARM, "S"), (WireFault.RESET, "R")])
    def test_alarms_that_nobody_asked_for_come_once(self, running: Bare, fault: WireFault, kind: str) -> None:
        running.device.fault = fault
        assert running.unframed(running.device.unasked()) == f"00A?{kind}" and running.device.unasked() == b""


class TestThirdParty:
    """nesp-lib, which others wrote against the real pump. It has no serial time-out: a fault here would hang."""

    def test_it_connects_through_the_power_on_alarm_sets_runs_and_reads_back(self) -> None:
        device = NewEra(time.monotonic, 60.0)
        device.program[2].function = "STP"
        with PtyServer(device).in_background() as path, nesp_lib.Port(path, 19_200) as port:
            pump = nesp_lib.Pump(port, safe_mode_timeout_s=5)
            try:
                assert (pump.model_number, pump.firmware_version) == (1000, (3, 928))
                assert pump.safe_mode_timeout_s == 5
                pump.syringe_diameter_mm = 26.59
                pump.pumping_direction = nesp_lib.PumpingDirection.INFUSE
                pump.pumping_volume_ml = 0.005
                pump.pumping_rate_ml_per_min = 3.0
                assert pump.syringe_diameter_mm == 26.59
                assert pump.pumping_volume_ml == pytest.approx(0.005)
                assert pump.pumping_rate_ml_per_min == pytest.approx(3.0)
                begun_s = time.monotonic()
                pump.run()
                assert 0.08 < time.monotonic() - begun_s < 1.0
                assert pump.volume_infused_ml == pytest.approx(0.005)
                assert device.pumped_ml == pytest.approx(0.005)
                pump.volume_infused_clear()
                assert pump.volume_infused_ml == 0.0
                with pytest.raises(ValueError, match="limit"):
                    pump.pumping_rate_ml_per_min = 500.0
                pump.pumping_volume_ml = 50.0
                pump.run(wait_while_running=False)
                assert pump.status is nesp_lib.Status.INFUSING
                pump.stop()
                assert pump.status is nesp_lib.Status.PAUSED
            finally:
                # Ends its heartbeat thread, which would go on feeding the watchdog.
                pump.safe_mode_timeout_s = 0


class TestPty:
    """The far end of a serial port, in a loop of one's own."""

    class Parrot:
        def answer(self, data: bytes) -> bytes:
            return data.upper()

        def unasked(self) -> bytes:
            return b"!"

    def test_in_a_select_loop(self) -> None:
        server = PtyServer(self.Parrot())
        line = SerialLine(server.path, 19200)
        server.on_readable()
        line.send(bytes(range(256)), 1.0)
        assert select.select([server], [], [], 1.0)[0] == [server]
        server.on_readable()
        server.tell()
        said = b""
        while len(said) < 257:
            said += line.receive(1.0)
        assert said == bytes(range(256)).upper() + b"!"
        line.close()
        server.close()
        server.close()

    def test_a_client_that_does_not_read_blocks_nobody(self) -> None:
        server = PtyServer(self.Parrot())
        for _ in range(20):
            server._send(b"x" * 4096)
        server.close()

    def test_clients_may_come_and_go(self) -> None:
        with PtyServer(self.Parrot()).in_background() as path:
            for _ in range(2):
                line = SerialLine(path, 19200)
                line.send(b"a", 1.0)
                said = b""
                while b"A" not in said:
                    said += line.receive(1.0)
                line.close()
