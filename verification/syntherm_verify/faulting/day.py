"""A treatment day in memory, with real loop, drivers and record, from whose moments trials are forked."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, cast

from syntherm.adapters.stoploop.client import ContactStopLoop
from syntherm.audit.writer import AuditWriter
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session
from syntherm.session.compose import Workplace, open_pump, open_transducer
from syntherm.session.loop import Ports, SessionLoop
from syntherm.session.records import open_new
from syntherm.site.file import load_site
from syntherm_sim.passed_on import PassedOn
from syntherm_sim.people.scripted import ScriptedCrew
from syntherm_sim.room import Room as SharedRoom
from syntherm_sim.site import demonstration_key, demonstration_session
from syntherm_sim.wire.site_files import write_site
from syntherm_verify.faulting.one_point import one_point_text, with_tpo
from syntherm_verify.faulting.room import Generator, Room
from syntherm_verify.killing.composed import SITE_PORTS
from syntherm_verify.killing.prepared import quick_people
from syntherm_verify.killing.short_plan import short_text

RECORD: Final = "record.db"


class _Enough(Exception):
    """Nobody needs the rest of the day."""


class Crew(ScriptedCrew):
    """Answers what is asked, until it is told to leave all acts to the campaign."""

    quiet = False

    def show(self, state: SessionState, head: str) -> None:
        """As a scripted crew's, unless quiet."""
        if not self.quiet:
            super().show(state, head)

    def _answer(self, *asked: object) -> None:
        if not self.quiet:
            super()._answer(*asked)  # type: ignore[arg-type]

    def closes(self) -> bool:
        """A trial ends by itself."""
        return not self.quiet and super().closes()


class Day:
    """One day under way. `looks` is called at each waking until treatment is over, and may fork."""

    def __init__(
        self, folder: Path, seed: int, generator: Generator, opened: ExitStack, looks: Callable[["Day"], None]
    ) -> None:
        """Raises PortError if a driver does not take its device, AuditFailed if there can be no record."""
        self.folder, self.seed = folder, seed
        of_tpo = generator is Generator.TPO
        text = one_point_text() if of_tpo else short_text()
        self.plan = read_plan(text)
        self.room = Room(self.plan, seed, generator)
        self.clock = self.room.timeline
        site_path = write_site(folder / "site", SITE_PORTS, seed)
        site = load_site(site_path)
        place = Workplace(
            with_tpo(site) if of_tpo else site, site_path, self.clock, opened, self.clock.pass_time,
            lambda name, _: self.room.lines[name],
        )  # fmt: skip
        transducer, _ = open_transducer(place)
        pump, _ = open_pump(place, self.plan, keep_count=False)
        # It has all that the crew uses of a Room.
        self.crew = Crew(cast(SharedRoom, self.room), seed)
        self._key = demonstration_key(seed)
        self._writer = open_new(folder / RECORD, self.plan, text, self.clock, self._key, demonstration_session(seed))
        self._record = PassedOn(self._writer)
        stop = ContactStopLoop(self.room.control_lines, self.clock.now_s)
        ports = Ports(self.clock, self.room.scanner, transducer, pump, stop, self.crew, self._record)
        self._loop = SessionLoop(SessionState.begin(self.plan), ports)
        self._looks = looks
        self.enough = False

    @property
    def state(self) -> SessionState:
        """The session now."""
        return self._loop.state

    def run(self) -> None:
        """Live the day until it is enough. Raises SessionFailed."""
        self.clock.looks = self._look
        with quick_people(), suppress(_Enough):
            self._loop.run()
        self._writer.let_go()

    def _look(self) -> None:
        self._looks(self)
        if self.enough or self.state.phases.session in (Session.COOLING, Session.ABORT):
            raise _Enough

    def copy_record(self, to: Path) -> None:
        """A copy of the record as it is now; the day goes on with its own."""
        self._writer.let_go()
        shutil.copyfile(self.folder / RECORD, to)
        self._record.to = self._writer = AuditWriter(self.folder / RECORD, self._key, create=False)

    def go_on_in(self, record: Path) -> None:
        """In a forked session: another record, and nobody who acts by himself."""
        self.crew.quiet = True
        self._record.to = self._writer = AuditWriter(record, self._key, create=False)

    def let_go(self) -> None:
        """Give the record back."""
        self._writer.let_go()
