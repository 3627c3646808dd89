"""Real equipment of a site, behind the same benches as the simulators: docs/commissioning.md.

What may be done to it stands here and in no test: without permission a grant that lends power or runs a pump never
reaches the device, and whatever a test did, energy and drug are taken away before its port is given back.
"""

import select
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

import attrs
import pytest

from syntherm.adapters.line import LineFailed, SerialLine
from syntherm.core.commands import GrantInfusion, GrantLease
from syntherm.core.events import FatMapReceived, FrameReceived, PumpReport, TransducerReport
from syntherm.core.plan.values import Plan
from syntherm.ports.equipment import PortError, Pump, Scanner, StopLoop, Transducer
from syntherm.session.clock import SystemClock
from syntherm.session.compose import Workplace, open_pump, open_scanner, open_stop_loop, open_transducer
from syntherm.session.plan_file import load_plan
from syntherm.site.file import load_site
from syntherm.site.values import Site

Image = FrameReceived | FatMapReceived
LONGEST_WAIT_S: Final = 150.0
"""Real time that one step of a contract may take."""
MOST_W: Final = 80.0
"""The most that a contract asks of a simulator: four points of 20 W."""
_SETTLES_S: Final = 5.0
_PERIODS: Final = 4.0
_LOOK_S: Final = 0.1


@attrs.frozen
class Given:
    """What the command line says. `power_W`: so much may be lent in all; `runs`: the pump may run; `hands`: people act.

    `site`, `plan`: files.
    """

    site: Path
    plan: Path
    power_W: float | None = None
    runs: bool = False
    hands: bool = False


def _skip(why: str) -> NoReturn:
    pytest.skip(f"on real equipment: {why}")


def real_wait(seconds: float) -> None:
    """Pass real time. Skips the test where that is too long."""
    if seconds > LONGEST_WAIT_S:
        _skip(f"{seconds:.0f} s of waiting in one step; only virtual time has them")
    time.sleep(seconds)


class _Lines:
    """Opens lines for a workplace, and cuts all of them as a pulled plug would."""

    def __init__(self) -> None:
        self._opened: list[SerialLine] = []

    def open(self, port: str, baud: int) -> SerialLine:
        line = SerialLine(port, baud)
        self._opened.append(line)
        return line

    def cut(self) -> None:
        for line in self._opened:
            with suppress(LineFailed):
                line.close()


@attrs.frozen(eq=False)
class _Place:
    plan: Plan
    site: Site
    clock: SystemClock
    work: Workplace
    lines: _Lines


@contextmanager
def _opened(given: Given) -> Iterator[_Place]:
    clock, lines = SystemClock(), _Lines()
    plan, _ = load_plan(given.plan)
    site = load_site(given.site)
    with ExitStack() as opened:
        yield _Place(plan, site, clock, Workplace(site, given.site, clock, opened, line=lines.open), lines)


class GuardedTransducer:
    """Implements the Transducer port: nothing is lent beyond what the command line allows."""

    def __init__(self, port: Transducer, power_W: float | None) -> None:
        self._port, self._power_W = port, power_W

    def grant(self, lease: GrantLease) -> None:
        if lease.power_W > 0.0 and self._power_W is None:
            _skip("it would lend power; --lend-power W allows it, into a phantom, with nobody in the beam")
        if self._power_W is not None and lease.power_W > self._power_W * (1.0 + 1e-9):
            pytest.fail(f"{lease.power_W} W would be lent; --lend-power allows {self._power_W} W")
        self._port.grant(lease)

    def off(self) -> None:
        self._port.off()

    def report(self) -> TransducerReport | None:
        return self._port.report()


class GuardedPump:
    """Implements the Pump port: it runs only if the command line allows it."""

    def __init__(self, port: Pump, runs: bool) -> None:
        self._port, self._runs = port, runs

    def grant(self, infusion: GrantInfusion) -> None:
        if not self._runs:
            _skip("it would run the pump; --run-pump allows it, with water and without a patient's line")
        self._port.grant(infusion)

    def hold(self) -> None:
        self._port.hold()

    def report(self) -> PumpReport | None:
        return self._port.report()


@attrs.frozen(eq=False)
class RealTransducer:
    """As the contract has it; nobody listens to it, so `radiates` is not known."""

    port: Transducer
    now_s: Callable[[], float]
    sever: Callable[[], None]
    aims_mm: tuple[tuple[float, float, float], ...]
    scale: float
    wait: Callable[[float], None] = real_wait
    radiates: Callable[[], bool | None] = lambda: None
    shorter: float = 0.6
    """A short lease ends by as much earlier as the last commands may take."""
    weaker: float = 0.25
    jitter_s: float = 0.1


@contextmanager
def transducer_at(given: Given) -> Iterator[Callable[[], RealTransducer]]:
    """A factory: the same device each time, switched off before. Skips where it is not there."""
    with _opened(given) as place:
        try:
            port, _ = open_transducer(place.work)
        except PortError as error:
            pytest.fail(f"the site's generator was not taken: {error}")
        guarded = GuardedTransducer(port, given.power_W)
        # Without permission powers are as asked, so that what asks for any is skipped, not passed with none.
        scale = 1.0 if given.power_W is None else given.power_W / MOST_W

        def make() -> RealTransducer:
            port.off()
            return RealTransducer(guarded, place.clock.now_s, place.lines.cut, _aims_mm(place.site), scale)

        try:
            yield make
        finally:
            with suppress(PortError):
                port.off()


def _aims_mm(site: Site) -> tuple[tuple[float, float, float], ...]:
    """One point that the site's generator reaches, or four of them."""
    if site.openlifu is not None:
        low, high = site.openlifu.aim_min_mm, site.openlifu.aim_max_mm
        x, y, z = ((a + b) / 2.0 for a, b in zip(low, high, strict=True))
        step = min(2.0, (high[0] - low[0]) / 8.0)
        return tuple((x + step * (at - 1.5), y, z) for at in range(4))
    if site.tpo is not None:
        depth = (site.tpo.focus_min_mm + site.tpo.focus_max_mm) / 2.0
        x, y, z = (at + depth * along for at, along in zip(site.tpo.origin_mm, site.tpo.axis, strict=True))
        return ((x, y, z),)
    _skip("the site file has no generator that this suite can aim")


@attrs.frozen(eq=False)
class RealPump:
    """As the contract has it; nobody weighs what leaves it, so `really_ml` is its own counter."""

    port: Pump
    now_s: Callable[[], float]
    really_ml: Callable[[], float]
    block: Callable[[], None]
    sever: Callable[[], None]
    alone_s: float
    shortest_s: float
    quiet_s: float
    wait: Callable[[float], None] = real_wait
    slower: float = 0.05
    step_ml: float = 0.01
    jitter_s: float = 0.5


@contextmanager
def pump_at(given: Given) -> Iterator[Callable[[], RealPump]]:
    """A factory: the same pump each time, held before. Its count is kept unless it may run anyway."""
    with _opened(given) as place:
        ports = [_pump(place, (not given.runs, not given.runs, False))]
        alone_s = int(place.plan.pump.watchdog_s / 2.0)

        def counted_ml() -> float:
            report = ports[-1].report()
            if report is None:
                # Cut off, as by a pulled plug, that is put back.
                place.lines.cut()
                ports.append(_pump(place, (True, True)))
                report = ports[-1].report()
            return float("nan") if report is None else report.pumped_ml

        def block() -> None:
            _asked(given, "Block the pump's line until it alarms")

        def make() -> RealPump:
            ports[-1].hold()
            guarded = GuardedPump(ports[-1], given.runs)
            return RealPump(
                guarded, place.clock.now_s, counted_ml, block, place.lines.cut, alone_s, alone_s + 0.3, alone_s + 0.3
            )  # fmt: skip

        try:
            yield make
        finally:
            with suppress(PortError):
                ports[-1].hold()


def _pump(place: _Place, keep_count: tuple[bool, ...]) -> Pump:
    """As many tries as there are: a pump that was just switched on, or left by a session, alarms first."""
    failed: list[str] = []
    for keeps in keep_count:
        try:
            return open_pump(place.work, place.plan, keep_count=keeps)[0]
        except PortError as error:
            failed.append(str(error))
            place.lines.cut()
    pytest.fail(f"the site's pump was not taken: {'; '.join(failed)}")


@attrs.frozen(eq=False)
class RealScanner:
    """As the contract has it. The scanner runs already: `start` waits for its next dynamic."""

    port: Scanner
    plan: Plan
    collect: Callable[[float], list[tuple[float, Image]]]
    start: Callable[[], None]
    send_fat_map: Callable[[], None]
    close: Callable[[], None]
    wait: Callable[[float], None] = real_wait
    jitter_s: float = 0.25


def scanner_at(given: Given) -> RealScanner:
    """The site's scanner; a guardian that stands before it has to run, and dynamics, too."""
    opened = ExitStack()
    place = opened.enter_context(_opened(given))
    try:
        ear = open_scanner(place.work, place.plan)
    except PortError as error:
        opened.close()
        pytest.fail(f"the site's scanner cannot be heard: {error}")

    def collect(seconds: float) -> list[tuple[float, Image]]:
        until_s = place.clock.now_s() + seconds
        arrived = [(place.clock.now_s(), image) for image in ear.received()]
        while (left_s := until_s - place.clock.now_s()) > 0.0:
            select.select(list(ear.filenos()), [], [], left_s)
            arrived += [(place.clock.now_s(), image) for image in ear.received()]
        return arrived

    def start() -> None:
        until_s = place.clock.now_s() + _PERIODS * place.plan.scanner.frame_period_s
        while not collect(_LOOK_S):
            if place.clock.now_s() > until_s:
                pytest.fail(f"no dynamic came; is the scan running? {'; '.join(ear.remarks())}")
        ear.remarks()

    def send_fat_map() -> None:
        _skip("the anatomical scan is done by people")

    return RealScanner(ear, place.plan, collect, start, send_fat_map, opened.close)


@attrs.frozen(eq=False)
class RealStopLoop:
    """As the contract has it."""

    port: StopLoop
    press: Callable[[], None]
    release: Callable[[], None]
    press_after: Callable[[float], None]
    wait: Callable[[float], float]
    settle: Callable[[], None]
    end: Callable[[], None]


def stop_loop_at(given: Given) -> RealStopLoop:
    """The site's patient stop, found closed before."""
    opened = ExitStack()
    place = opened.enter_context(_opened(given))
    try:
        with warnings.catch_warnings():
            # pyserial's client of a serial server uses methods that Python has deprecated.
            warnings.filterwarnings("ignore", r"set(Daemon|Name)\(\)", DeprecationWarning)
            loop = open_stop_loop(place.work)
    except PortError as error:
        opened.close()
        pytest.fail(f"the site's patient stop cannot be read: {error}")

    def wait(seconds: float) -> float:
        began_s = place.clock.now_s()
        time.sleep(max(0.0, min(began_s + seconds, loop.due_s) - began_s))
        return place.clock.now_s() - began_s

    def settle() -> None:
        until_s = place.clock.now_s() + _SETTLES_S
        while place.clock.now_s() < until_s:
            report = loop.report()
            if report is not None and report.closed:
                return
            wait(_LOOK_S)
        opened.close()
        pytest.fail(f"the patient's stop was not found closed: {loop.failure or 'is it pressed, or not connected?'}")

    def press_after(seconds: float) -> None:
        _skip("nobody presses at a planned moment")

    bench = RealStopLoop(
        loop, lambda: _asked(given, "Press the patient's stop, and keep it pressed"),
        lambda: _asked(given, "Release the patient's stop"), press_after, wait, settle, opened.close,
    )  # fmt: skip
    settle()
    return bench


def _asked(given: Given, what: str) -> None:
    """A person does it, and says so by the return key."""
    if not given.hands:
        _skip(f"a person has to act ({what.lower()}); --by-hand -s asks for it")
    sys.stderr.write(f"\n{what}; then press the return key: ")
    sys.stderr.flush()
    sys.stdin.readline()
