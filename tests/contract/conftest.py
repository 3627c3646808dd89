"""What stands behind each port, made so that one suite can put every implementation through its contract.

A new implementation (an adapter over its wire, hardware on a bench) joins by a factory in its registry here: it gives
a bench with the port itself, a way to pass time, and the hands that the suite needs on the device.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import attrs
import numpy as np
import pytest

from syntherm.core.events import FatMapReceived, FrameReceived
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.ports.equipment import Pump, Scanner, StopLoop, Transducer
from syntherm_sim.equipment.generator import Generator
from syntherm_sim.equipment.pump import SyringePump
from syntherm_sim.equipment.scanner import VirtualScanner
from syntherm_sim.equipment.stop_loop import StopButton
from syntherm_sim.timeline import Timeline

PLAN = Path(__file__).parents[2] / "verification" / "plans" / "igo-breast.toml"
SYRINGE_ML: Final = 60.0
WATCHDOG_S: Final = 5.0


@attrs.frozen(eq=False)
class TransducerBench:
    """`sever` cuts the connection for good; `radiates` is a hydrophone: whether there is output, whatever it says."""

    port: Transducer
    now_s: Callable[[], float]
    wait: Callable[[float], None]
    radiates: Callable[[], bool]
    sever: Callable[[], None]


@attrs.frozen(eq=False)
class PumpBench:
    """`really_ml` weighs what has left the syringe; `block` occludes the line; `sever` cuts the connection."""

    port: Pump
    now_s: Callable[[], float]
    wait: Callable[[float], None]
    really_ml: Callable[[], float]
    block: Callable[[], None]
    sever: Callable[[], None]


@attrs.frozen(eq=False)
class ScannerBench:
    """`collect` passes time and brings what arrived, each with the moment of its arrival; `wait` fetches nothing."""

    port: Scanner
    plan: Plan
    collect: Callable[[float], list[tuple[float, FrameReceived | FatMapReceived]]]
    wait: Callable[[float], None]
    start: Callable[[], None]
    send_fat_map: Callable[[], None]


@attrs.frozen(eq=False)
class StopLoopBench:
    """`woken` counts how often the session was woken."""

    port: StopLoop
    press: Callable[[], None]
    release: Callable[[], None]
    woken: Callable[[], int]


def _waiter(timeline: Timeline) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        until_s = timeline.now_s() + seconds
        while timeline.now_s() < until_s:
            timeline.wait_until(until_s)

    return wait


def simulated_generator() -> TransducerBench:
    timeline = Timeline(lambda *_: None)
    generator = Generator(timeline.now_s)

    def sever() -> None:
        generator.deaf = generator.mute = True

    def radiates() -> bool:
        now_s = timeline.now_s()
        return generator.sounding(now_s, now_s + 0.001)[0] != ()

    return TransducerBench(generator, timeline.now_s, _waiter(timeline), radiates, sever)


def simulated_pump() -> PumpBench:
    timeline = Timeline(lambda from_s, to_s: pump.live(from_s, to_s))
    pump = SyringePump(timeline.now_s, SYRINGE_ML, WATCHDOG_S)

    def sever() -> None:
        pump.mute = True

    return PumpBench(pump, timeline.now_s, _waiter(timeline), lambda: pump.pumped_ml, pump.occlude, sever)


def simulated_scanner() -> ScannerBench:
    plan = read_plan(PLAN.read_text(encoding="utf-8"))
    rng = np.random.default_rng(7)
    shape = plan.scanner.matrix

    def volume(*_: object) -> np.ndarray:
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)

    signal = SimpleNamespace(volume=volume, fat_fraction_volume=lambda: np.zeros(shape, np.float32))
    patient: Any = SimpleNamespace(signal=signal, tissue=SimpleNamespace(temperature_degC=np.zeros(shape)))
    timeline = Timeline(lambda *_: None)
    scanner = VirtualScanner(timeline, patient, plan)

    def collect(seconds: float) -> list[tuple[float, FrameReceived | FatMapReceived]]:
        until_s = timeline.now_s() + seconds
        arrived = [(timeline.now_s(), image) for image in scanner.received()]
        while timeline.now_s() < until_s:
            timeline.wait_until(until_s)
            arrived += [(timeline.now_s(), image) for image in scanner.received()]
        return arrived

    return ScannerBench(scanner, plan, collect, _waiter(timeline), scanner.start_dynamics, scanner.send_fat_map)


def simulated_stop_button() -> StopLoopBench:
    wakes: list[None] = []
    button = StopButton(lambda: wakes.append(None))
    return StopLoopBench(button, button.press, button.release, lambda: len(wakes))


TRANSDUCERS: Final[dict[str, Callable[[], TransducerBench]]] = {"in-process simulator": simulated_generator}
PUMPS: Final[dict[str, Callable[[], PumpBench]]] = {"in-process simulator": simulated_pump}
SCANNERS: Final[dict[str, Callable[[], ScannerBench]]] = {"in-process simulator": simulated_scanner}
STOP_LOOPS: Final[dict[str, Callable[[], StopLoopBench]]] = {"in-process simulator": simulated_stop_button}


@pytest.fixture(params=TRANSDUCERS)
def make_transducer(request: pytest.FixtureRequest) -> Iterator[Callable[[], TransducerBench]]:
    """A factory, so that each example of a property begins with a fresh device."""
    yield TRANSDUCERS[request.param]


@pytest.fixture(params=PUMPS)
def make_pump(request: pytest.FixtureRequest) -> Iterator[Callable[[], PumpBench]]:
    yield PUMPS[request.param]


@pytest.fixture(params=SCANNERS)
def scanner(request: pytest.FixtureRequest) -> ScannerBench:
    return SCANNERS[request.param]()


@pytest.fixture(params=STOP_LOOPS)
def stop_loop(request: pytest.FixtureRequest) -> StopLoopBench:
    return STOP_LOOPS[request.param]()
