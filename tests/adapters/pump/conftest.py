"""A client and a simulated pump on one wire in memory, in virtual time."""

from collections.abc import Callable

import attrs
import pytest

from syntherm.adapters.pump.client import NewEraPump
from syntherm.adapters.pump.setting import Site
from syntherm.core.commands import GrantInfusion
from syntherm_sim.timeline import Timeline
from syntherm_sim.wire.new_era import NewEra
from syntherm_sim.wire.new_era_line import MemoryLine


@attrs.frozen(eq=False)
class Bench:
    """`wait` passes time in small steps, in which nobody calls the pump."""

    timeline: Timeline
    device: NewEra
    line: MemoryLine
    pump: NewEraPump

    def wait(self, seconds: float) -> None:
        self.timeline.wait_until(self.timeline.now_s() + seconds)

    def start(self, rate: float = 90.0, limit_ml: float = 51.0, seconds: float = 5.0) -> None:
        self.pump.grant(GrantInfusion(self.timeline.now_s() + seconds, rate, limit_ml))

    def infuse(self, seconds: int, rate: float = 90.0, limit_ml: float = 51.0) -> None:
        """As a session does it, with an image every three seconds."""
        for second in range(seconds):
            if second % 3 == 0:
                self.start(rate, limit_ml)
            self.wait(1.0)
            self.pump.report()


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    def make(*, begun: bool = True, plan_watchdog_s: float = 5.0, address: int = 0) -> Bench:
        timeline = Timeline(lambda from_s, to_s: device.live(from_s, to_s))
        device = NewEra(timeline.now_s, 60.0, address)
        line = MemoryLine(device)
        pump = NewEraPump(line, timeline.now_s, Site(26.59, address), syringe_ml=60.0, plan_watchdog_s=plan_watchdog_s)
        if begun:
            pump.begin()
        return Bench(timeline, device, line, pump)

    return make


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench()
