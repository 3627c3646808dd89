"""The patient's stop over simulated control lines, in memory and behind an RFC 2217 server."""

import os
import statistics
import time

import pytest
from guardian_bench import within

from syntherm.adapters.stoploop.client import ContactStopLoop
from syntherm.adapters.stoploop.lines import LinesFailed, SerialControlLines
from syntherm.adapters.stoploop.loop import Levels
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, PatientButton

# pyserial's client names a method that Python has deprecated.
pytestmark = [
    pytest.mark.verifies("SRS-906", "RC-05"),
    pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning"),
]


class MemoryLines:
    def __init__(self, port: ControlPort) -> None:
        self.port, self.broken = port, False

    def read(self) -> Levels:
        if self.broken:
            raise LinesFailed("port: gone")
        return Levels(self.port.cts, self.port.dsr)

    def drive(self, levels: Levels) -> None:
        if self.broken:
            raise LinesFailed("port: gone")
        self.port.rts, self.port.dtr = levels.first, levels.second


def closed_in_memory() -> tuple[ContactStopLoop, MemoryLines, list[float]]:
    lines, clock = MemoryLines(ControlPort(PatientButton().wires)), [0.0]
    client = ContactStopLoop(lines, lambda: clock[0])
    for _ in range(10):
        clock[0] += 0.05
        report = client.report()
    assert report is not None
    assert report.closed
    return client, lines, clock


def test_it_is_not_known_until_it_was_closed_once() -> None:
    button = PatientButton()
    button.pressed = True
    client = ContactStopLoop(MemoryLines(ControlPort(button.wires)), lambda: 0.0)
    assert [client.report() for _ in range(5)] == [None] * 5


def test_a_line_that_fails_is_open_and_says_why() -> None:
    client, lines, _ = closed_in_memory()
    lines.broken = True
    report = client.report()
    assert report is not None
    assert not report.closed
    assert client.failure == "port: gone"


def test_it_says_when_it_must_be_looked_at_again() -> None:
    client, _, clock = closed_in_memory()
    clock[0] = 100.0
    client.report()
    assert client.due_s == 100.05


def test_a_pty_has_no_control_lines_and_is_never_closed() -> None:
    master, slave = os.openpty()
    try:
        with pytest.raises(LinesFailed, match="/dev/pts"):
            SerialControlLines(os.ttyname(slave)).read()
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("url", ["/dev/none", "rfc2217://127.0.0.1:1", "what://ever"])
def test_a_port_that_is_not_there_is_named(url: str) -> None:
    with pytest.raises(LinesFailed, match=url):
        SerialControlLines(url)


# pyserial's client leaves its socket open when the server has gone.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("fault", ["press", WireFault.MUTE, WireFault.STUCK, WireFault.RESET, "gone"])
def test_over_rfc_2217_each_fault_opens_it(fault) -> None:
    button = PatientButton()
    port = ControlPort(button.wires)
    server = ControlLineServer(port)
    lines = SerialControlLines(server.url)
    client = ContactStopLoop(lines, time.monotonic)
    took: list[float] = []

    def closed() -> bool:
        began_s = time.perf_counter()
        report = client.report()
        took.append(time.perf_counter() - began_s)
        return report is not None and report.closed

    try:
        assert within(2.0, closed)
        if fault == "press":
            button.pressed = True
            assert within(0.1, lambda: not closed())
            button.pressed = False
            assert within(2.0, closed)
        elif fault == "gone":
            server.close()
            assert within(1.5, lambda: not closed())
        else:
            port.fault = fault
            assert within(1.5, lambda: not closed())
            port.fault = None
            assert within(2.0, closed), "it comes back by itself when the fault is over"
    finally:
        lines.close()
        server.close()
    assert statistics.median(took) < 0.005
