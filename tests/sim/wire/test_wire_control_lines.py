"""The simulated control lines do what wires, a button and a relay do; over RFC 2217 by pyserial's own client."""

import time

import pytest
import serial
from guardian_bench import within

from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, EnableRelay, Ends, PatientButton

pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")


@pytest.mark.parametrize("pressed", [False, True])
@pytest.mark.parametrize("rts", [False, True])
@pytest.mark.parametrize("dtr", [False, True])
def test_the_button_passes_what_is_driven_unless_pressed(pressed: bool, rts: bool, dtr: bool) -> None:
    button = PatientButton()
    button.pressed = pressed
    assert button.wires(rts, dtr) == Ends(rts and not pressed, dtr and not pressed)
    button.welded = (True, False)
    assert button.wires(rts, dtr) == Ends(rts, dtr and not pressed)
    button.shorted = (False, True)
    assert button.wires(rts, dtr) == Ends(rts, True)
    button.cut, button.shorted = True, (False, False)
    assert button.wires(rts, dtr) == Ends(False, False)


def test_the_relay_follows_and_its_mirror_shows_it() -> None:
    relay = EnableRelay()
    assert relay.wires(True, False) == Ends(True, False)
    assert relay.mirror(True, True).cts
    assert not relay.mirror(False, True).cts
    relay.stuck = True
    assert relay.wires(False, False).cts


def test_faults_of_the_port() -> None:
    port = ControlPort(PatientButton().wires)
    port.rts = port.dtr = True
    port.fault = WireFault.STUCK
    assert port.ends == Ends(True, True)
    port.rts = False
    assert port.cts
    port.fault = WireFault.RESET
    assert port.ends == Ends(False, False)


def test_over_rfc_2217_and_lines_fall_with_the_connection() -> None:
    relay = EnableRelay()
    server = ControlLineServer(ControlPort(relay.wires))
    client = serial.serial_for_url(server.url + "?poll_modem", do_not_open=True)
    try:
        client.rts = client.dtr = False
        client.open()
        assert not client.cts
        client.rts = True
        assert relay.on
        assert within(1.0, lambda: client.cts)
        client.close()
        assert within(1.0, lambda: not relay.on)
    finally:
        server.close()


def test_a_mute_server_moves_nothing() -> None:
    relay = EnableRelay()
    port = ControlPort(relay.wires)
    server = ControlLineServer(port)
    client = serial.serial_for_url(server.url + "?timeout=0.2", do_not_open=True)
    try:
        client.rts = client.dtr = False
        client.open()
        port.fault = WireFault.MUTE
        with pytest.raises(serial.SerialException, match="timeout"):
            client.rts = True
        time.sleep(0.05)
        assert not relay.on
    finally:
        client.close()
        server.close()
