"""The puppet room's devices: true where no switch says otherwise, and each switch is one lie or one failure."""

from itertools import pairwise

import numpy as np
import pytest
from short_plan import PLAN as PLAN_FILE

from syntherm.core.commands import FocalPower, GrantInfusion, GrantLease
from syntherm.core.events import FrameReceived
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import Imaging
from syntherm.ports.equipment import PortError
from syntherm_sim.puppet.defects import Defect, NothingToRepeat, spoil
from syntherm_sim.puppet.geometry import shrunk
from syntherm_sim.puppet.images import Heat, Shown
from syntherm_sim.puppet.room import APART_S, PuppetRoom

RATE_ML_PER_S = 90.0 / 3600.0


@pytest.fixture
def room() -> PuppetRoom:
    return PuppetRoom(shrunk(read_plan(PLAN_FILE.read_text(encoding="utf-8")), 3.0), 1)


def lease(until_s: float) -> GrantLease:
    return GrantLease(until_s, (FocalPower((0.0, 0.0, 0.0), 20.0),))


@pytest.mark.verifies("SRS-201")
def test_the_generator_ends_its_lease_itself(room: PuppetRoom) -> None:
    device = room.transducer
    device.grant(lease(3.0))
    room.pass_to(2.9)
    assert (device.power_W, device.report().output_on) == (20.0, True)
    room.pass_to(3.0)
    assert (device.power_W, device.report().output_on) == (0.0, False)
    device.feigned_W = 9.0
    assert (device.power_W, device.report().power_W) == (0.0, 9.0)


@pytest.mark.verifies("SRS-306", "SRS-303")
def test_the_pump_ends_by_its_watchdog_and_its_volume(room: PuppetRoom) -> None:
    pump = room.pump
    pump.grant(GrantInfusion(5.0, 90.0, 48.0))
    room.pass_to(12.0)
    assert pump.pumped_ml == pytest.approx(5.0 * RATE_ML_PER_S)
    assert not pump.report().infusing
    pump.grant(GrantInfusion(100.0, 90.0, 0.2))
    room.pass_to(60.0)
    assert pump.pumped_ml == pytest.approx(0.2)
    assert not pump.report().infusing
    pump.runs_unasked = True
    room.pass_to(70.0)
    assert pump.pumped_ml == pytest.approx(0.2 + 10.0 * RATE_ML_PER_S)


def test_a_pump_with_an_alarm_has_stopped_and_takes_nothing(room: PuppetRoom) -> None:
    pump = room.pump
    pump.grant(GrantInfusion(5.0, 90.0, 48.0))
    pump.set_alarm("occlusion")
    room.pass_to(3.0)
    assert (pump.pumped_ml, pump.report().alarm) == (0.0, "occlusion")
    with pytest.raises(PortError, match="infusion refused: occlusion"):
        pump.grant(GrantInfusion(9.0, 90.0, 48.0))
    pump.set_alarm(None)
    pump.grant(GrantInfusion(9.0, 90.0, 48.0))


@pytest.mark.parametrize("switch", ["deaf", "loses"])
def test_what_is_not_confirmed_is_not_carried_out(switch: str, room: PuppetRoom) -> None:
    room.transducer.grant(lease(9.0))
    room.pump.grant(GrantInfusion(9.0, 90.0, 48.0))
    for device, command in ((room.transducer, room.transducer.off), (room.pump, room.pump.hold)):
        setattr(device, switch, True)
        with pytest.raises(PortError, match="not confirmed"):
            command()
    room.pass_to(1.0)
    assert room.transducer.power_W == 20.0
    assert room.pump.pumped_ml == pytest.approx(RATE_ML_PER_S)
    if switch == "loses":
        room.transducer.off()
        assert room.transducer.power_W == 0.0


def test_what_is_refused_leaves_what_was(room: PuppetRoom) -> None:
    room.transducer.refuses = room.pump.refuses = True
    with pytest.raises(PortError, match="lease refused"):
        room.transducer.grant(lease(9.0))
    with pytest.raises(PortError, match="infusion refused"):
        room.pump.grant(GrantInfusion(9.0, 90.0, 48.0))
    room.transducer.off()
    assert (room.transducer.power_W, room.pump.report().infusing) == (0.0, False)


def test_the_pumps_lies_are_in_its_words_only(room: PuppetRoom) -> None:
    pump = room.pump
    pump.pumped_ml = 1.0
    pump.count_off_ml, pump.missing_ml, pump.watchdog_s, pump.feigns_running = -0.4, 10.0, 60.0, True
    report = pump.report()
    assert (report.pumped_ml, report.syringe_ml, report.watchdog_s, report.infusing) == (0.6, 49.4, 60.0, True)
    room.pass_to(5.0)
    assert pump.pumped_ml == 1.0
    pump.silent = room.transducer.silent = room.stop_loop.unread = True
    look = room.look()
    assert (look.pump, look.transducer, look.stop_loop) == (None, None, None)


def test_a_report_can_be_made_to_know_of_a_command(room: PuppetRoom) -> None:
    room.pass_to(1.0)
    room.later_than_commands()
    assert room.timeline.now_s() == 1.0
    room.transducer.off()
    room.later_than_commands()
    assert room.timeline.now_s() == 1.0 + APART_S


def test_no_image_repeats_by_accident_and_none_is_acquired_with_another(room: PuppetRoom) -> None:
    frames = [room.frame(Shown(Heat.COLD)) for _ in range(3)]
    assert [frame.sequence for frame in frames] == [1, 2, 3]
    assert [frame.acquired_s for frame in frames] == pytest.approx([0.0, APART_S, 2.0 * APART_S])
    for one, other in pairwise(frames):
        assert not np.array_equal(one.volume, other.volume)


@pytest.mark.parametrize("defect", Defect)
def test_a_defect_is_one_thing(defect: Defect, room: PuppetRoom) -> None:
    old, frame = room.frame(Shown()), room.frame(Shown())
    seen = Imaging(sequence=old.sequence, acquired_s=old.acquired_s, volume=old.volume)
    spoilt = spoil(frame, defect, seen)
    names = [each.name for each in FrameReceived.__attrs_attrs__ if each.name != "volume"]
    changed = {name for name in names if getattr(spoilt, name) != getattr(frame, name)}
    if not np.array_equal(spoilt.volume, frame.volume, equal_nan=True):
        changed.add("volume")
    assert changed == {
        {
            Defect.REPEAT: "sequence", Defect.FROZEN: "volume", Defect.GEOMETRY: "geometry",
            Defect.ECHO: "echo_time_ms", Defect.NOT_A_NUMBER: "volume",
        }[defect]
    }  # fmt: skip
    if defect in (Defect.REPEAT, Defect.FROZEN):
        with pytest.raises(NothingToRepeat):
            spoil(frame, defect, Imaging())
