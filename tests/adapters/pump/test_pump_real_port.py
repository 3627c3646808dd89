"""The client over a real serial port: a pseudo-terminal, real time, and the time that a silent pump may cost."""

import time
from collections.abc import Iterator

import attrs
import pytest

from syntherm.adapters.line import SerialLine
from syntherm.adapters.pump.client import NewEraPump
from syntherm.adapters.pump.setting import Site
from syntherm.core.commands import GrantInfusion
from syntherm.ports.equipment import PortError
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.new_era import NewEra
from syntherm_sim.wire.pty import PtyServer


@attrs.frozen(eq=False)
class Served:
    device: NewEra
    server: PtyServer
    pump: NewEraPump


@pytest.fixture
def served() -> Iterator[Served]:
    device = NewEra(time.monotonic, 60.0)
    server = PtyServer(device)
    with server.in_background() as path:
        line = SerialLine(path, 19200)
        yield Served(
            device, server, NewEraPump(line, time.monotonic, Site(26.59), syringe_ml=60.0, plan_watchdog_s=5.0)
        )
        line.close()


def test_it_is_set_up_infuses_and_holds(served: Served) -> None:
    assert served.pump.begin().model == 1000
    served.pump.grant(GrantInfusion(time.monotonic() + 5.0, 1500.0, 51.0))
    time.sleep(0.05)
    assert served.pump.report().infusing
    served.pump.hold()
    report = served.pump.report()
    with served.server.lock:
        assert report.pumped_ml == pytest.approx(served.device.pumped_ml, abs=0.001) and report.pumped_ml > 0.015
    assert not report.infusing


def test_an_alarm_comes_unasked(served: Served) -> None:
    served.pump.begin()
    with served.server.lock:
        served.device.occlude()
    time.sleep(0.05)
    served.pump._pump.listen()
    assert served.pump.report().alarm == "occlusion: motor stalled"


def test_a_silent_pump_costs_a_bounded_time(served: Served) -> None:
    served.pump.begin()
    served.device.fault = WireFault.MUTE
    begun_s = time.monotonic()
    with pytest.raises(PortError, match=r"hold not confirmed: STP: no answer in 0\.3 s, but nothing"):
        served.pump.hold()
    assert 0.55 < time.monotonic() - begun_s < 0.9


def test_a_late_answer_is_no_answer(served: Served) -> None:
    served.pump.begin()
    served.device.fault = WireFault.SLOW
    with pytest.raises(PortError, match="hold not confirmed"):
        served.pump.hold()
    assert served.pump.report() is None


def test_a_pump_that_is_gone(served: Served) -> None:
    served.pump.begin()
    served.server.close()
    assert served.pump.report() is None
    with pytest.raises(PortError, match="hold not confirmed"):
        served.pump.hold()
