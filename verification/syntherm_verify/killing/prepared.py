"""A treatment day in one process, with real loop, drivers and record, from which trials are forked."""

import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from syntherm.adapters.line import Line
from syntherm.audit.writer import AuditWriter
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session
from syntherm.session.compose import ClosedLine, Workplace, open_scanner
from syntherm.session.loop import Ports, SessionLoop
from syntherm.session.records import open_new
from syntherm.site.file import load_site
from syntherm_sim.passed_on import PassedOn
from syntherm_sim.people import scripted
from syntherm_sim.people.scripted import ScriptedCrew
from syntherm_sim.site import demonstration_key, demonstration_session
from syntherm_sim.wire.pty import Device
from syntherm_sim.wire.site_files import write_site
from syntherm_sim.wire.world import World
from syntherm_verify.killing.composed import NAMES, SITE_PORTS, PatientLine, composed, listening
from syntherm_verify.killing.near import MovingClock, MovingEar, MovingLine, NearWorld
from syntherm_verify.killing.short_plan import short_text

RECORD: Final = "record.db"
_BEFORE: Final = (Session.SETUP, Session.CALIBRATION)
_BEGINS_S: Final = 900.0
"""By then a quick crew has begun to heat, wherever that is allowed."""
ENERGISED: Final = (Session.HEATING, Session.DRUG_INFUSION_SYNC)
_QUICK: Final = {"PREPARING_S": (10.0, 20.0), "ANSWERING_S": (2.0, 4.0)}


class _Enough(Exception):
    """No more trials begin, or none can: nobody needs the rest of the day."""


class Prepared:
    """One day under way. `looks` is called at each waking while heat or drug flows, and may fork."""

    def __init__(self, folder: Path, seed: int, opened: ExitStack, looks: Callable[["Prepared"], None]) -> None:
        """Raises PortError if a driver does not take its device, AuditFailed if there can be no record."""
        self.folder, self.seed, self.text = folder, seed, short_text()
        self.plan = read_plan(self.text)
        self.key = demonstration_key(seed)
        self.world = World(self.plan, seed)
        opened.callback(self.world.close)
        self.near = NearWorld(self.world)
        self.clock = MovingClock(self.near)
        opened.callback(self.near.close)
        opened.callback(self.clock.close)
        self.site_path = write_site(folder / "site", SITE_PORTS, seed)
        devices: tuple[Device, ...] = (
            self.world.transducer.transmitter,
            self.world.transducer.console,
            self.world.pump,
        )
        self._lines = {name: MovingLine(device) for name, device in zip(NAMES, devices, strict=True)}
        self._ear = MovingEar(self.near)
        place = self.place(opened, self.clock, lambda name, _: self._lines[name])
        room = composed(place, self.plan, self.clock, self._ear, seed, keep_count=False)
        self.clock.filenos = self._ear.filenos
        self._writer = open_new(
            folder / RECORD, self.plan, self.text, self.clock, self.key, demonstration_session(seed)
        )
        self._record = PassedOn(self._writer)
        crew = ScriptedCrew(room, seed, resets=False)
        ports = Ports(self.clock, room.scanner, room.generator, room.pump, room.stop_button, crew, self._record)
        self._loop = SessionLoop(SessionState.begin(self.plan), ports)
        self._looks = looks

    @property
    def state(self) -> SessionState:
        """The session now."""
        return self._loop.state

    def place(self, opened: ExitStack, clock: MovingClock, line: Callable[[str, int], ClosedLine]) -> Workplace:
        """What opening devices needs."""
        return Workplace(load_site(self.site_path), self.site_path, clock, opened, clock.pass_time, line)

    def run(self, enough: Callable[[], bool]) -> None:
        """Live the day to its end, or until it is enough. Raises SessionFailed."""
        self.clock.looks = partial(self._look, enough)
        with quick_people(), suppress(_Enough):
            self._loop.run()
        self._writer.let_go()

    def _look(self, enough: Callable[[], bool]) -> None:
        if self.state.phases.session in ENERGISED:
            self._looks(self)
        if self.clock.is_near and (enough() or self._cannot_begin()):
            raise _Enough

    def _cannot_begin(self) -> bool:
        """Whether this patient will not be treated: a check refuses, and the crew would wait without end."""
        return self.state.phases.session in _BEFORE and self.clock.now_s() > _BEGINS_S

    def copy_record(self, to: Path) -> None:
        """A copy of the record as it is now; the day goes on with its own."""
        self._writer.let_go()
        shutil.copyfile(self.folder / RECORD, to)
        self._record.to = self._writer = AuditWriter(self.folder / RECORD, self.key, create=False)

    def move(self, paths: Sequence[str], control: socket.socket, record: Path, said: Callable[[], None]) -> None:
        """In the forked session: go on over wires, with the copied record.

        Raises AuditFailed, PortError, LineFailed, WorldGone.
        """
        self.clock.move(control)
        self._record.to = AuditWriter(record, self.key, create=False)
        for name, path in zip(NAMES, paths, strict=True):
            far: Line = PatientLine(path, 19200)
            self._lines[name].far = far
        place = self.place(ExitStack(), self.clock, lambda name, _: self._lines[name])
        self._ear.far = open_scanner(_listening(place), self.plan)
        host, port = self._ear.far.address
        self.clock.ask({"connect": [host, port]})
        self.clock.looks = said


def _listening(place: Workplace) -> Workplace:
    return Workplace(listening(place.site), place.path, place.clock, place.opened, place.pause, place.line)


@contextmanager
def quick_people() -> Iterator[None]:
    """People who answer at once, while this lasts."""
    kept = {name: getattr(scripted, name) for name in _QUICK}
    for name, span_s in _QUICK.items():
        setattr(scripted, name, span_s)
    try:
        yield
    finally:
        for name, span_s in kept.items():
            setattr(scripted, name, span_s)
