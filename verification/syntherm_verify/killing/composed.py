"""The session's doors as a lockstep day has them, around drivers that were opened as the shipped session opens them."""

from typing import Final, cast

import attrs

from syntherm.adapters.line import SerialLine
from syntherm.adapters.stoploop.client import ContactStopLoop
from syntherm.core.plan.values import Plan
from syntherm.ports.equipment import Scanner
from syntherm.session.compose import Workplace, open_pump, open_transducer
from syntherm.site.values import Site
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
)
from syntherm_sim.wire.site_files import Ports, free_port

_PATIENCE: Final = 20.0
NAMES: Final = ("transmitter", "console", "pump")
SITE_PORTS: Final = Ports(
    *NAMES, "over the control connection", 1, "none in lockstep", "none in lockstep: no mirror", 2.5, 0.0
)


def composed(place: Workplace, plan: Plan, clock: WireClock, ear: Scanner, seed: int, *, keep_count: bool) -> Room:
    """Open generator and pump, and put all doors together. Raises PortError."""
    transducer, _ = open_transducer(place)
    pump, _ = open_pump(place, plan, keep_count=keep_count)
    regions = tuple((guard.centre_mm, guard.radii_mm) for guard in plan.guard)
    room = RemoteRoom(
        clock, seed, RemotePatient(clock, regions), RemoteScanner(ear, clock), RemoteGenerator(transducer, clock),
        RemotePump(pump, clock), RemoteStop(ContactStopLoop(RemoteLines(clock), clock.now_s), clock),
    )  # fmt: skip
    # It has all that the crew and the session use of a Room, and nothing of its inside.
    return cast(Room, room)


def listening(site: Site) -> Site:
    """The same site with a port for the scanner at which nobody listens yet."""
    return attrs.evolve(site, scanner=attrs.evolve(site.scanner, port=free_port()))


class PatientLine(SerialLine):
    """A line on which virtual time stands still: a deadline in real seconds would only measure this machine's load."""

    def receive(self, within_s: float) -> bytes:
        """As the line's, with patience."""
        return super().receive(within_s * _PATIENCE)
