"""A session in the middle of a treatment whose record fails: both channels are told off, and nothing rises again."""

import shutil
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.writer import AuditWriter
from syntherm.core.commands import GrantInfusion, GrantLease
from syntherm.core.events import PumpReport, TransducerReport
from syntherm.core.vocabulary import Trigger
from syntherm.ports.equipment import Pump, Transducer
from syntherm.session.loop import Ports, SessionFailed
from syntherm_verify.crash.flaws import Flaw, Shim
from syntherm_verify.crash.scribe import KEY, RECORD
from syntherm_verify.recording.day import LEGS, WARM, Day, small_plan
from syntherm_verify.recording.steps import Keeper, opened

_IMAGES: Final = 6
_OFF, _HOLD = "energy off", "hold infusion"
_RISES: Final = frozenset({"grant lease", "grant infusion"})
_BEGUN_IMAGES: Final = 4


@attrs.frozen(eq=False)
class _NotedTransducer:
    """Stands before a transducer, and writes down what it is told."""

    inner: Transducer
    journal: list[str]

    def grant(self, lease: GrantLease) -> None:
        self.journal.append("grant lease")
        self.inner.grant(lease)

    def off(self) -> None:
        self.journal.append(_OFF)
        self.inner.off()

    def report(self) -> TransducerReport | None:
        return self.inner.report()


@attrs.frozen(eq=False)
class _NotedPump:
    """Stands before a pump, and writes down what it is told."""

    inner: Pump
    journal: list[str]

    def grant(self, infusion: GrantInfusion) -> None:
        self.journal.append("grant infusion")
        self.inner.grant(infusion)

    def hold(self) -> None:
        self.journal.append(_HOLD)
        self.inner.hold()

    def report(self) -> PumpReport | None:
        return self.inner.report()


Failed = tuple[int, bool, tuple[str, ...]]
"""How many calls failed, whether the session said so, and what is wrong."""


class Sessions:
    """Sessions in the middle of an infusion, each with a new record whose disk fails."""

    def __init__(self, shim: Shim, folder: Path) -> None:
        self._shim, self._folder = shim, folder / "session"

    @cached_property
    def _infusing(self) -> Day:
        day = Day(small_plan(), Keeper())
        for leg in LEGS[:-1]:
            leg(day)
        day.infuse(_BEGUN_IMAGES)
        return day

    def _begun(self) -> tuple[AuditWriter, Day, list[str]]:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        writer = AuditWriter(self._folder / RECORD, KEY, create=True)
        opened(writer)
        journal: list[str] = []
        return writer, self._infusing.reaching(writer, lambda ports: _noted(ports, journal)), journal

    def calls(self, flaw: Flaw) -> int:
        """How many calls of a flaw's kind there are until a session's end."""
        writer, day, _ = self._begun()
        self._shim.count(writer.path, flaw)
        day.live(_IMAGES, WARM)
        self._shim.disarm()
        writer.let_go()
        return self._shim.counted

    def fail(self, flaw: Flaw, nth: int) -> Failed:
        """Let the n-th of those calls fail."""
        writer, day, journal = self._begun()
        self._shim.arm(writer.path, flaw, nth)
        raised, problems = _failed(day, journal)
        hits = self._shim.hits
        self._shim.disarm()
        problems += tuple(_stays_down(day, journal)) if raised else ()
        writer.let_go()
        return hits, raised, problems


def _noted(ports: Ports, journal: list[str]) -> Ports:
    noted = _NotedTransducer(ports.transducer, journal), _NotedPump(ports.pump, journal)
    return attrs.evolve(ports, transducer=noted[0], pump=noted[1])


def _failed(day: Day, journal: list[str]) -> tuple[bool, tuple[str, ...]]:
    """Live on until the record fails; both channels are told off then."""
    try:
        day.live(_IMAGES, WARM)
    except SessionFailed:
        last = journal[-2:]
        return True, () if last == [_OFF, _HOLD] else (f"after the failure the channels were told {last}",)
    if not _RISES & set(journal):
        return False, ("nothing was lent while the record was well: the trial shows nothing",)
    return False, ()


def _stays_down(day: Day, journal: list[str]) -> Iterator[str]:
    """The disk is well again: whatever happens now, the session fails on it, and nothing rises."""
    told = len(journal)
    happenings: tuple[Callable[[], None], ...] = (
        day.look,
        lambda: day.image(WARM),
        lambda: day.act(Trigger.RELEASE_INFUSION),
        day.look,
    )
    for happens in happenings:
        try:
            happens()
        except SessionFailed:
            continue
        yield "the session went on after its record had failed"
    risen = _RISES & set(journal[told:])
    if risen:
        yield f"after the record had failed: {', '.join(sorted(risen))}"
    if day.room.transducer.lease is not None or day.room.pump.infusion is not None:
        yield "after the record had failed a device still holds a loan"
