"""Every fault of every device, as data: how it is switched on, what is demanded of it, and which there cannot be."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import attrs

from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.scanner_faults import FrameFault
from syntherm_verify.faulting import for_generator, for_pump, for_scanner, for_stop, for_tpo
from syntherm_verify.faulting.expected import Expected, Times
from syntherm_verify.faulting.moments import MEASURED_WATCHED_S, WATCHED_S, Moment
from syntherm_verify.faulting.room import Generator, Room

Demand = Callable[[Moment, Times], Expected]
_OPENLIFU: Final = ("transmitter", "console", "generator")


class _Faulty(Protocol):
    """What shows faults of its wire."""

    fault: WireFault | None


@attrs.frozen
class Fault:
    """One fault of one device. `shows_at_off`: it shows only when something is taken away, so a person does that."""

    device: str
    name: str
    begin: Callable[[Room], None]
    demand: Demand
    shows_at_off: bool = False
    watched_s: float = WATCHED_S
    prepare: Callable[[Room], None] = lambda _: None

    @property
    def label(self) -> str:
        """As it is asked for."""
        return f"{self.device}/{self.name}"

    @property
    def generator(self) -> Generator | None:
        """The one that must treat on the day of this fault; None if either may."""
        if self.device == "tpo":
            return Generator.TPO
        return Generator.OPENLIFU if self.device in _OPENLIFU else None


def _wire(device: str, fault: WireFault) -> Callable[[Room], None]:
    def begin(room: Room) -> None:
        things: Mapping[str, tuple[_Faulty, ...]] = {
            "transmitter": (room.transducer.transmitter,), "console": (room.transducer.console,),
            "generator": (room.transducer.transmitter, room.transducer.console), "tpo": (room.tpo,),
            "pump": (room.pump,),
            "scanner-mrd": (room.scanner.mrd,), "scanner-igtl": (room.scanner.igtl,), "stop": (room.port,),
        }  # fmt: skip
        for thing in things[device]:
            thing.fault = fault

    return begin


def _frame(device: str, fault: FrameFault) -> Callable[[Room], None]:
    def begin(room: Room) -> None:
        (room.scanner.mrd if device == "scanner-mrd" else room.scanner.igtl).frame_fault = fault

    return begin


def _unplug(*lines: str) -> Callable[[Room], None]:
    def begin(room: Room) -> None:
        for line in lines:
            room.lines[line].gone = True

    return begin


def _name(fault: WireFault | FrameFault) -> str:
    return fault.name.lower().replace("_", "-")


def _overheat(room: Room) -> None:
    room.transducer.pulser.overheated = True


def _no_more(room: Room) -> None:
    room.scanner.camera.lost = True


def _hang_up(room: Room) -> None:
    room.scanner.ear.hang_up()


def _cut(room: Room) -> None:
    room.button.cut = True


def _short(room: Room) -> None:
    room.button.shorted = (True, False)


def _weld(room: Room) -> None:
    room.button.welded = (True, False)
    room.stop_button.press()


def _look_often(room: Room) -> None:
    room.timeline.look_every_s = 0.05


def _speak_igtl(room: Room) -> None:
    room.scanner.speak_igtl()


def _generators() -> list[Fault]:
    found = []
    for device in _OPENLIFU:
        for fault, demand in for_generator.DEMANDS[device].items():
            late = fault in (WireFault.IGNORES_OFF, WireFault.STUCK)
            found.append(Fault(device, _name(fault), _wire(device, fault), demand, late))
    found += [Fault(one, "unplugged", _unplug(one), for_generator.unanswered) for one in ("transmitter", "console")]
    found.append(Fault("transmitter", "overheated", _overheat, for_generator.refused))
    return found


def _tpos() -> list[Fault]:
    late = (WireFault.LIES, WireFault.IGNORES_OFF)
    found = [
        Fault("tpo", _name(fault), _wire("tpo", fault), demand, fault in late)
        for fault, demand in for_tpo.DEMANDS.items()
    ]
    return [*found, Fault("tpo", "unplugged", _unplug("tpo"), for_generator.unanswered)]


def _pumps() -> list[Fault]:
    found = [
        Fault(
            "pump",
            _name(fault),
            _wire("pump", fault),
            demand,
            fault is WireFault.IGNORES_OFF,
            MEASURED_WATCHED_S if fault in (WireFault.STUCK, WireFault.LIES) else WATCHED_S,
        )
        for fault, demand in for_pump.DEMANDS.items()
    ]
    found += [
        Fault("pump", "unplugged", _unplug("pump"), for_pump.unplugged),
        Fault("pump", "occluded", lambda room: room.pump.occlude(), for_pump.alarm),
        Fault("pump", "hand-at-its-key", lambda room: room.pump.press_start_stop(), for_pump.key),
    ]
    return found


def _scanners() -> list[Fault]:
    found = []
    for device, prepare in (("scanner-mrd", lambda _: None), ("scanner-igtl", _speak_igtl)):
        wires = for_scanner.WIRE.items()
        found += [Fault(device, _name(wire), _wire(device, wire), demand, prepare=prepare) for wire, demand in wires]
        for frame, demand in for_scanner.FRAMES.items():
            if frame is not FrameFault.STUCK:
                found.append(Fault(device, _name(frame), _frame(device, frame), demand, prepare=prepare))
        found.append(Fault(device, "hung-up", _hang_up, for_scanner.none_comes, prepare=prepare))
    found.append(Fault("scanner-mrd", "lost", _no_more, for_scanner.last_comes))
    return found


def _stops() -> list[Fault]:
    found = [
        Fault("stop", _name(fault), _wire("stop", fault), demand, prepare=_look_often)
        for fault, demand in for_stop.DEMANDS.items()
    ]
    found += [
        Fault("stop", "pressed", lambda room: room.stop_button.press(), for_stop.seen, prepare=_look_often),
        Fault("stop", "cut", _cut, for_stop.seen, prepare=_look_often),
        Fault("stop", "shorted", _short, for_stop.pulsed, prepare=_look_often),
        Fault("stop", "welded-and-pressed", _weld, for_stop.seen, prepare=_look_often),
    ]
    return found


FAULTS: Final = tuple(_generators() + _tpos() + _pumps() + _scanners() + _stops())

CANNOT: Final[Mapping[str, str]] = {
    "transmitter/alarm": "its protocol has no alarm",
    "console/alarm": "its protocol has no alarm",
    "tpo/alarm": "its protocol has no alarm",
    "scanner-*/slow": "images late are the fault `late`",
    "scanner-*/alarm": "neither MRD nor the bridge's images carry alarms",
    "scanner-*/reset": "a scanner that begins anew hangs up first: `hung-up`",
    "scanner-*/wrong-reply": "a scanner is asked nothing",
    "scanner-*/others-reply": "a scanner is asked nothing; images in a wrong order are `reordered`",
    "scanner-*/lies": "images that fit plan, order and clock and show another patient cannot be told from true ones",
    "scanner-*/ignores-off": "a scanner is told nothing",
    "stop/slow": "control lines are levels, not answers; a level that follows too late is found as `stuck`",
    "stop/garbled": "control lines carry no bytes",
    "stop/half": "control lines carry no bytes",
    "stop/alarm": "two contacts have no alarm; a press that nobody meant is `pressed`",
    "stop/wrong-reply": "control lines carry no replies",
    "stop/others-reply": "control lines carry no replies",
    "stop/lies": "both contacts welded at once are two faults; the guardian has contacts of its own",
    "stop/ignores-off": "it is told nothing",
    "guardian/*": "not in this campaign: it lives in real time, in a process of its own; its enable can only take away",
}
"""What a device's protocol cannot have, or this campaign does not try, and why."""
