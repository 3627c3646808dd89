"""The simulated TPO: it does what public scripts know of the real one, with its traps."""

import pytest

from syntherm.adapters.line import SerialLine
from syntherm.adapters.transducer.tpo_client import Tpo
from syntherm.adapters.transducer.tpo_settings import TpoSettings
from syntherm.core.commands import FocalPower, GrantLease
from syntherm_sim.wire.pty import PtyServer
from syntherm_sim.wire.tpo import GREETING, Beam, TpoSimulator

BEAM = Beam(0.5, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))


class Clock:
    s = 0.0


@pytest.fixture
def tpo() -> TpoSimulator:
    return TpoSimulator(lambda: Clock.s, BEAM)


def said(tpo: TpoSimulator, *lines: str) -> list[str]:
    return [tpo.answer(f"{line}\r".encode()).decode().strip() for line in lines]


def test_it_greets_when_its_port_is_opened_or_says_E2(tpo: TpoSimulator) -> None:
    tpo.open()
    assert tpo.unasked() == f"{GREETING}\r\n".encode() and tpo.unasked() == b""
    tpo.broken_at_start = True
    tpo.open()
    assert tpo.unasked() == b"E2\r\n"


def test_opening_the_port_resets_it(tpo: TpoSimulator) -> None:
    said(tpo, "GLOBALPOWER=1000", "START")
    assert tpo.sounding(0.0, 1.0)[0]
    tpo.open()
    assert tpo.sounding(0.0, 1.0)[0] == () and tpo.values["GLOBALPOWER"] == 0


def test_a_burst_longer_than_its_period_is_an_error(tpo: TpoSimulator) -> None:
    assert said(tpo, "BURST=2000", "PERIOD=3000", "BURST=2000", "PERIOD=1000") == ["E1", "OK", "OK", "E1"]


@pytest.mark.parametrize("line", ["", "NONSENSE", "TIMER=x", "TIMER=-1", "NONSENSE?", "GLOBALPOWER=60001", "LOCAL=2"])
def test_what_it_does_not_know_is_an_error(tpo: TpoSimulator, line: str) -> None:
    assert said(tpo, line) == ["E1"]


def test_after_ARM_the_next_byte_starts_output(tpo: TpoSimulator) -> None:
    """The trap for which the client has no word: even ABORT begins with a byte."""
    said(tpo, "GLOBALPOWER=1000", "TIMER=1000000", "ARM")
    assert tpo.sounding(0.0, 1.0)[0] == ()
    tpo.answer(b"A")
    assert tpo.sounding(0.0, 1.0)[0]


def test_settings_take_effect_at_the_next_start(tpo: TpoSimulator) -> None:
    said(tpo, "GLOBALPOWER=10000", "TIMER=2000000", "BURST=500", "FOCUS=60000", "START", "GLOBALPOWER=0", "FOCUS=40000")
    (point,), ends_s = tpo.sounding(0.0, 9.0)
    assert point.power_W == pytest.approx(10.0 * 0.5 * 0.5) and point.aim_mm == (0.0, 0.0, 60.0) and ends_s == 2.0
    assert said(tpo, "START") == ["OK"] and tpo.sounding(0.0, 9.0)[0] == ()


def test_our_client_over_a_pseudo_terminal(tpo: TpoSimulator) -> None:
    settings = TpoSettings(
        GREETING, 4.0, 500_000, 0.5, 60_000, 900, 1000, 1, 10.0, 0.02, BEAM.origin_mm, BEAM.axis, 30.0, 80.0, 0.1
    )
    server = PtyServer(tpo)
    with server.in_background():
        line = SerialLine(server.path, 115200)
        with server.lock:
            tpo.open()
        client = Tpo(line, settings, lambda: 0.0)
        assert client.begin() == GREETING
        client.grant(GrantLease(3.0, (FocalPower((0.0, 0.0, 50.0), 5.0),)))
        assert client.report().output_on and tpo.sounding(0.0, 1.0)[0]
        client.off()
        assert tpo.sounding(0.0, 1.0)[0] == ()
        line.close()
