"""The composition of a lockstep day: the shipped drivers of a site file, around a world in another process."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, cast

from syntherm.adapters.line import SerialLine
from syntherm.adapters.stoploop.client import ContactStopLoop
from syntherm.core.plan.values import Plan
from syntherm.session.compose import Workplace, open_pump, open_scanner, open_transducer
from syntherm.site.file import load_site
from syntherm_sim.room import Room
from syntherm_sim.wire.remote import (
    RemoteGenerator,
    RemoteLines,
    RemotePatient,
    RemotePump,
    RemoteRoom,
    RemoteScanner,
    RemoteStop,
    WireClock,
    WorldProcess,
)
from syntherm_sim.wire.site_files import Ports, free_port, write_site

AT_FIRST_S: Final = 0.02
AFTERWARDS_S: Final = 0.05
"""For the way through the kernel's terminals."""


def open_room(plan: Plan, plan_path: Path, seed: int, folder: Path, opened: ExitStack) -> Room:
    """A room whose devices are behind wires; its site file is left in a folder. `opened` closes all of it.

    Raises PortError if a driver does not take its device, WorldGone if the world does not start.
    """
    world = WorldProcess(plan_path, seed)
    opened.callback(world.close)
    clock = world.clock
    ports = Ports(
        world.transmitter_port, world.console_port, world.pump_port, "in lockstep: over the control connection",
        free_port(), "none in lockstep", "none in lockstep: no mirror", 2.5, 0.0,
    )  # fmt: skip
    path = write_site(folder, ports, seed)
    place = Workplace(load_site(path), path, clock, opened, clock.pass_time, partial(UnhurriedLine, clock=clock))
    transducer, _ = open_transducer(place)
    pump, _ = open_pump(place, plan, keep_count=False)
    ear = open_scanner(place, plan)
    scanner = RemoteScanner(ear, clock)
    clock.filenos = ear.filenos
    host, port = ear.address
    clock.ask({"connect": [host, port]})
    regions = tuple((guard.centre_mm, guard.radii_mm) for guard in plan.guard)
    room = RemoteRoom(
        clock, seed, RemotePatient(clock, regions), scanner, RemoteGenerator(transducer, clock),
        RemotePump(pump, clock), RemoteStop(ContactStopLoop(RemoteLines(clock), clock.now_s), clock),
    )  # fmt: skip
    # It has all that the crew, the scenarios and the day use of a Room, and nothing of its inside.
    return cast(Room, room)


class UnhurriedLine(SerialLine):
    """A line on which virtual time stands still: a deadline in real seconds would only measure this machine's load.

    Where nothing comes, the world is asked whether it has read all that was sent; what it has not answered by then, it
    never will.
    """

    def __init__(self, port: str, baud: int, clock: WireClock) -> None:
        """Open it. Raises LineFailed."""
        super().__init__(port, baud)
        self._clock = clock

    def receive(self, within_s: float) -> bytes:
        """As the line's."""
        came = super().receive(min(within_s, AT_FIRST_S))
        if came or within_s == 0.0:
            return came
        self._clock.ask({"settle": True})
        return super().receive(AFTERWARDS_S)
