"""The simulated OpenLIFU system, driven by its maker's own software over pseudo-terminals."""

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import pytest
from openlifu_sdk.io.exceptions import LIFUCommunicationError
from openlifu_sdk.io.LIFUHVController import HVController
from openlifu_sdk.io.LIFUTXDevice import TxDevice

from syntherm.adapters.line import SerialLine
from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.adapters.transducer.openlifu_codec import Frame, FrameReader, encoded
from syntherm.adapters.transducer.openlifu_settings import OpenLifuSettings
from syntherm.adapters.transducer.steering import delays_s
from syntherm.core.commands import FocalPower, GrantLease
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.openlifu import Array, OpenLifuSimulator, flat_array
from syntherm_sim.wire.openlifu_aim import aim_of
from syntherm_sim.wire.openlifu_console import CONSOLE_ID
from syntherm_sim.wire.openlifu_transmitter import TRANSMITTER_ID
from syntherm_sim.wire.pty import PtyServer

ARRAY = Array(flat_array(), 1540.0, 400e3, reference_V=20.0, reference_W=100.0)
AIM = (4.0, -3.0, 50.0)


@attrs.frozen(eq=False)
class Bench:
    device: OpenLifuSimulator
    transmitter: PtyServer
    console: PtyServer


@pytest.fixture
def bench() -> Iterator[Bench]:
    device = OpenLifuSimulator(lambda: 0.0, ARRAY)
    bench = Bench(device, PtyServer(device.transmitter), PtyServer(device.console))
    with bench.transmitter.in_background(), bench.console.in_background():
        yield bench


def connected(kind: type[Any], path: str) -> Any:
    """The one thing that is not theirs: the port is found by its path, since a pseudo-terminal has no USB ids."""
    part = kind(timeout=0.3)
    part.uart._find_port = lambda: path
    assert part.connect()
    return part


@pytest.fixture
def theirs(bench: Bench) -> Iterator[tuple[TxDevice, HVController]]:
    parts = connected(TxDevice, bench.transmitter.path), connected(HVController, bench.console.path)
    yield parts
    for part in parts:
        part.close()


def test_versions_ids_and_echo(theirs) -> None:
    for part, version, identity in zip(theirs, ("2.0.9", "v2.0.9"), (TRANSMITTER_ID, CONSOLE_ID), strict=True):
        assert part.ping() and part.get_version() == version
        assert part.get_hardware_id(raw_hex=True) == identity.hex()
        assert part.echo(echo_data=b"syntherm") == (b"syntherm", 8)


def test_high_voltage(bench: Bench, theirs) -> None:
    console = theirs[1]
    console.set_voltage(18.5)
    assert not console.get_hv_status() and console.get_voltage() == 0.0
    console.turn_hv_on()
    assert console.get_hv_status() and console.get_voltage() == 18.5 == bench.device.supply.rail_V
    console.turn_hv_off()
    assert not console.get_hv_status() and bench.device.supply.rail_V == 0.0


def test_trigger(bench: Bench, theirs) -> None:
    tx = theirs[0]
    told = tx.set_trigger(pulse_interval=0.01, pulse_count=10, pulse_train_interval=0.2, pulse_train_count=5)
    assert told["TriggerFrequencyHz"] == 100 and told["TriggerStatus"] == "STOPPED"
    tx.start_trigger()
    assert tx.get_trigger_json()["TriggerStatus"] == "RUNNING"
    assert bench.device.pulser.ends_s == pytest.approx(1.0)
    assert tx.get_trigger()["pulse_train_count"] == 5
    tx.stop_trigger()
    assert tx.get_trigger_json()["TriggerStatus"] == "STOPPED"


def test_a_solution_that_they_programmed_is_decoded_to_the_aim_it_was_made_for(bench: Bench, theirs) -> None:
    tx, console = theirs
    delays = delays_s(AIM, ARRAY.elements_mm, 1540.0)
    pulse = {"frequency": 400e3, "amplitude": 1.0, "duration": 20e-6}
    sequence = {"pulse_interval": 0.001, "pulse_count": 1, "pulse_train_interval": 0.0, "pulse_train_count": 1000}
    tx.set_solution(pulse, delays, np.ones(64), sequence)
    console.set_voltage(20.0)
    console.turn_hv_on()
    tx.start_trigger()
    (point,), _ = bench.device.sounding(0.0, 0.5)
    assert np.allclose(point.aim_mm, AIM, atol=0.5)
    assert point.power_W == pytest.approx(100.0 * 20e-6 / 0.001, rel=1e-3)


def test_elements_switched_off_give_no_power(bench: Bench, theirs) -> None:
    tx, console = theirs
    apodizations = np.zeros(64, dtype=int)
    apodizations[16:48] = 1
    pulse = {"frequency": 400e3, "amplitude": 1.0, "duration": 20e-6}
    sequence = {"pulse_interval": 0.001, "pulse_count": 1, "pulse_train_interval": 0.0, "pulse_train_count": 1000}
    tx.set_solution(pulse, delays_s(AIM, ARRAY.elements_mm, 1540.0), apodizations, sequence)
    console.set_voltage(20.0)
    console.turn_hv_on()
    tx.start_trigger()
    (point,), _ = bench.device.sounding(0.0, 0.5)
    assert point.power_W == pytest.approx(50.0 * 20e-6 / 0.001, rel=1e-3)
    assert np.allclose(point.aim_mm, AIM, atol=1.0)


def test_status_texts_reach_them(bench: Bench, theirs) -> None:
    tx, heard = theirs[0], list[str]()
    tx.signal_data_received.connect(lambda _, text: heard.append(text))
    assert tx.async_mode(True)
    for _ in range(50):
        with bench.transmitter.lock:
            bench.device.status()
        assert tx.ping()
        if heard:
            break
    assert heard and heard[0].startswith("STATUS:RUNNING")


def test_a_mute_transmitter_is_a_time_out_for_them(bench: Bench, theirs) -> None:
    bench.device.transmitter.fault = WireFault.MUTE
    with pytest.raises(LIFUCommunicationError):
        theirs[0].ping()


def test_our_client_over_the_same_lines(bench: Bench) -> None:
    settings = OpenLifuSettings(
        TRANSMITTER_ID.hex(), CONSOLE_ID.hex(), ARRAY.elements_mm, (-20.0, -20.0, 20.0), (20.0, 20.0, 90.0), 1540.0,
        400e3, 20.0, 100.0, 19.8, 0.2, 1.0, 0.5, 200, 10.0, 0.02,
    )  # fmt: skip
    lines = SerialLine(bench.transmitter.path, 921600), SerialLine(bench.console.path, 921600)
    client = OpenLifu(*lines, settings, lambda: 0.0, lambda _: None)
    client.begin()
    client.grant(GrantLease(3.0, (FocalPower(AIM, 2.0), FocalPower((0.0, 0.0, 50.0), 2.0))))
    assert client.report().output_on and len(bench.device.sounding(0.0, 1.0)[0]) == 2
    client.off()
    assert not client.report().output_on and bench.device.sounding(0.0, 1.0)[0] == ()
    for line in lines:
        line.close()


@pytest.mark.parametrize("aim", [(0.0, 0.0, 60.0), (10.0, 5.0, 30.0), (-8.0, 12.0, 80.0)])
def test_an_aim_is_found_from_exact_delays(aim: tuple[float, float, float]) -> None:
    elements = np.asarray(ARRAY.elements_mm)
    assert np.allclose(aim_of(delays_s(aim, ARRAY.elements_mm, 1540.0), elements, 1540.0), aim, atol=1e-3)
    bowl = elements + np.column_stack([np.zeros((64, 2)), (elements**2).sum(axis=1) / 120.0])
    places = tuple((float(x), float(y), float(z)) for x, y, z in bowl)
    assert np.allclose(aim_of(delays_s(aim, places, 1540.0), bowl, 1540.0), aim, atol=1e-3)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(1, 0xEA, 0x15), Frame(1, 0xEA, 0x13, data=b"no json"), Frame(1, 0xEA, 0x1F, data=b"\x11\x02\x01\x01"),
        Frame(1, 0xE6, 0x24, 9, data=bytes(8)), Frame(1, 0xE6, 0x27, 0, data=b"\xff\x01\x02\x00"), Frame(1, 0xEA, 0x77),
        Frame(1, 0xE2, 0x77), Frame(1, 0xEB, 0x31),
    ],
)  # fmt: skip
def test_what_it_does_not_know_it_refuses(frame: Frame) -> None:
    wire = OpenLifuSimulator(lambda: 0.0, ARRAY).transmitter
    (reply,) = FrameReader().feed(wire.answer(encoded(frame)))
    assert reply.kind == 0xEF and reply.number == 1
