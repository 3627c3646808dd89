"""The guardian as a process, over real sockets and simulated lines: who dies, what stops, and what the relay shows."""

import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import guardian_bench as bench
import pytest

from syntherm.guardian.hanging import PortWatch
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, PatientButton

pytestmark = pytest.mark.verifies("SRS-907", "SRS-908", "RC-17")

CHILD = """
import socket, sys, time
link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
link.connect(sys.argv[1])
link.send(b"prove")
for number in range(1, 10_000):
    link.send(b"heartbeat %d %d.0" % (number, number))
    link.send(b"arm")
    time.sleep(0.01)
"""


def off(made: bench.Bench, within_s: float) -> bool:
    return bench.within(within_s, lambda: not made.relay.on)


def test_each_cause_takes_the_enable_away_and_the_proof_is_agreed(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    raw.read()
    bench.prove(raw)
    assert not made.relay.on
    raw.link.send(b"arm")
    raw.until(0.3, lambda state: False)
    assert b"frame-age" in raw.refused, "without images there is no enable for a treatment"
    assert not made.relay.on


def test_a_killed_session_loses_the_enable_at_once(start) -> None:
    made = start(times__heartbeat_s="9.0")
    with subprocess.Popen([sys.executable, "-c", CHILD, made.path]) as child:
        assert bench.within(5.0, lambda: made.relay.on)
        child.send_signal(signal.SIGKILL)
        assert off(made, 0.3)


def test_a_hung_session_loses_the_enable_after_its_deadline(start) -> None:
    made = start()
    with subprocess.Popen([sys.executable, "-c", CHILD, made.path]) as child:
        assert bench.within(5.0, lambda: made.relay.on)
        child.send_signal(signal.SIGSTOP)
        assert off(made, 0.6 + 0.3)
        child.kill()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_its_own_end_takes_the_enable_with_it(start, sign) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    raw.arm()
    assert bench.within(0.5, lambda: made.relay.on)
    made.process.send_signal(sign)
    assert off(made, 0.5)
    assert made.process.wait(5.0) == (0 if sign != signal.SIGKILL else -sign)


def test_a_press_and_a_cut_wire_take_the_enable_away(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    for trouble in ("pressed", "cut"):
        raw.arm()
        setattr(made.button, trouble, True)
        assert raw.until(0.5, lambda state: state["dropped"] == "stop" and state["enabled"] == "0"), trouble
        assert off(made, 0.1)
        setattr(made.button, trouble, False)


def test_an_enable_that_does_not_follow_is_told(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    raw.arm()
    made.relay.stuck = True
    raw.link.send(b"disarm")
    assert raw.until(1.0, lambda state: state["enabled"] == "0" and "readback" in state["failing"])
    raw.link.send(b"arm")
    raw.until(0.3, lambda state: False)
    assert b"failing: readback" in raw.refused


def test_a_lost_enable_line_ends_it(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    raw.arm()
    made.servers[0].close()
    assert off(made, 0.5)
    assert made.process.wait(5.0) == 1
    assert made.process.stderr is not None
    said = made.process.stderr.read()
    assert said.startswith(b"guardian: ended by its own failure: rfc2217://127.0.0.1:"), said
    assert said.count(b"\n") == 1


HANGS = """
import pathlib, time
from syntherm.guardian import wires
read = wires.Wires.read
def slow(self):
    if self._url == {url!r} and pathlib.Path({mark!r}).exists():
        time.sleep(1.5)
    return read(self)
wires.Wires.read = slow
"""


def test_a_contact_whose_port_hangs_does_not_hold_the_enable(tmp_path) -> None:
    mark = tmp_path / "hangs"
    button = ControlLineServer(ControlPort(PatientButton().wires))
    code = HANGS.format(url=button.url, mark=str(mark))
    made = bench.Bench(tmp_path, code=code, contact__url=f'"{button.url}"', times__heartbeat_s="9.0")
    try:
        bench.Raw(made.connect()).arm()
        assert bench.within(0.5, lambda: made.relay.on)
        mark.touch()
        assert off(made, 1.0)
        assert made.process.poll() is None, "it is still in the port"
        assert made.process.wait(10.0) == 1
        assert made.process.stderr is not None
        assert b"a port did not come back within 0.25 s" in made.process.stderr.read()
    finally:
        made.close()
        button.close()


def test_a_port_is_found_hung_by_one_long_call_and_not_by_many_short_ones() -> None:
    falls: list[float] = []
    watch = PortWatch(lambda: falls.append(time.monotonic()))
    watch.start()
    for _ in range(40):
        with watch:
            time.sleep(0.01)
    assert not watch.hung and falls == []
    with watch:
        assert bench.within(2.0, lambda: watch.hung)
    watch.close()
    assert falls


def test_an_off_that_was_lost_on_its_way_is_sent_again(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    raw.arm()
    assert bench.within(0.5, lambda: made.relay.on)
    made.ports[0].fault = WireFault.MUTE
    raw.link.send(b"disarm")
    assert raw.until(1.0, lambda state: state["enabled"] == "0" and "readback" in state["failing"])
    assert made.relay.on, "nothing of it has arrived"
    made.ports[0].fault = None
    assert off(made, 0.5)


def test_a_session_that_dies_while_it_tries_a_failure_leaves_no_proof(start) -> None:
    made = start()
    first = bench.Raw(made.connect())
    bench.prove(first)
    made.process.send_signal(signal.SIGSTOP)
    first.link.send(b"try error")
    first.link.close()
    made.process.send_signal(signal.SIGCONT)
    second = bench.Raw(made.connect())
    assert second.until(1.0, lambda state: state["mode"] == "ready"), second.state
    second.link.send(b"arm")
    assert second.until(1.0, lambda state: second.refused == b"refused arm: mode is ready")


def test_what_is_no_message_changes_nothing(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    for data in (b"heartbeat 1", b"\xff" * 60, b"enable", b"try everything", b"x" * 400, b"arm ", b"heartbeat 1 nan"):
        raw.refused = b""
        raw.link.send(data)
        assert raw.until(1.0, lambda state: raw.refused.startswith(b"refused message: found ") and bool(state)), data
    assert raw.state["mode"] == "ready"
    assert not made.relay.on


def test_a_second_session_is_turned_away(start) -> None:
    made = start()
    raw = bench.Raw(made.connect())
    raw.arm()
    other = made.connect()
    assert other.recv(100) == b""
    assert bench.within(0.5, lambda: made.relay.on)


class Scanner:
    """Sends images through the guardian; what comes out at the session's end is kept."""

    def __init__(self, made: bench.Bench) -> None:
        self.received = bytearray()
        self.socket = socket.create_connection(("127.0.0.1", made.scanner_port))
        self.onward, _ = made.session.accept()
        made.opened += [self.socket, self.onward]
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()
        self.sent = bytearray()
        self.number = 0

    def _collect(self) -> None:
        with suppress(OSError):
            while data := self.onward.recv(65_536):
                self.received += data

    def image(self, rise_degC: float = 0.0, *, again: bool = False) -> None:
        self.number += 0 if again else 1
        data = bench.message(bench.volume(rise_degC, seed=self.number))
        self.sent += data
        self.socket.sendall(data)

    def end(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)
        self._thread.join(2.0)


def treat(made: bench.Bench) -> tuple[bench.Raw, Scanner]:
    """Proven, baseline taken, enable on."""
    raw = bench.Raw(made.connect())
    bench.prove(raw)
    scanner = Scanner(made)
    for _ in range(4):
        scanner.image()
    assert raw.until(1.0, lambda state: state["failing"] == "-"), raw.state
    raw.link.send(b"arm")
    assert raw.until(0.5, lambda state: state["mode"] == "enabled"), raw.refused
    assert bench.within(0.5, lambda: made.relay.on)
    return raw, scanner


def test_images_pass_unchanged_and_the_session_can_answer(start) -> None:
    made = start()
    scanner = Scanner(made)
    scanner.sent += b"".join(bench.message(bench.volume(seed=number)) * 400 for number in range(3))
    scanner.socket.sendall(scanner.sent)
    scanner.onward.sendall(b"\x04\x00")
    assert scanner.socket.recv(10) == b"\x04\x00"
    scanner.end()
    assert scanner.received == scanner.sent


def test_bytes_that_are_no_stream_pass_unchanged_too(start) -> None:
    made = start()
    scanner = Scanner(made)
    scanner.sent += bytes(range(256)) * 40
    scanner.socket.sendall(scanner.sent)
    scanner.end()
    assert scanner.received == scanner.sent


@pytest.mark.parametrize("cause", ["temperature", "frozen", "frame-age", "unreadable"])
def test_what_images_show_takes_the_enable_away(start, cause) -> None:
    made = start()
    raw, scanner = treat(made)
    for _ in range(3):
        scanner.image(5.0)
        assert not raw.until(0.1, lambda state: state["enabled"] == "0"), raw.state
    if cause == "temperature":
        scanner.image(8.5)
    elif cause == "frozen":
        scanner.image(5.0, again=True)
    elif cause == "unreadable":
        scanner.socket.sendall(bench.message(bench.volume()[:, :3, :].copy()))
    assert raw.until(1.5, lambda state: state["dropped"] == cause), raw.state
    assert off(made, 0.1)
    raw.link.send(b"arm")
    scanner.image()
    raw.until(0.2, lambda state: False)
    assert raw.refused == b"refused arm: mode is dropped"
    assert not made.relay.on


def test_a_new_baseline_is_taken_with_the_enable_off(start) -> None:
    made = start()
    raw, scanner = treat(made)
    raw.link.send(b"baseline")
    assert raw.until(0.5, lambda state: state["mode"] == "proven" and "unreadable" in state["failing"])
    assert off(made, 0.1)
    for _ in range(4):
        scanner.image(3.0)
        time.sleep(0.02)
    assert raw.until(0.5, lambda state: state["failing"] == "-")


def test_a_line_that_cannot_be_opened_ends_with_2(tmp_path) -> None:
    file = tmp_path / "guardian.toml"
    file.write_text(bench.config_text(enable__url='"/dev/none"'), encoding="utf-8")
    ended = subprocess.run([sys.executable, "-m", "syntherm.guardian", str(file)], capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"/dev/none" in ended.stderr
