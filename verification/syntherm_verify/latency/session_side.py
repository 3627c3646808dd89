"""The session's process of a latency run: the shipped loop, record and drivers, brought back to one moment each time.

`python -m syntherm_verify.latency.session_side SETTINGS FD` obeys one JSON object a line on the control descriptor.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from syntherm.adapters.line import SerialLine
from syntherm.adapters.pump.client import NewEraPump
from syntherm.adapters.pump.setting import Site as PumpSite
from syntherm.adapters.scanner.frames import Expected
from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.scanner import At, scanner
from syntherm.adapters.stoploop.client import ContactStopLoop
from syntherm.adapters.stoploop.lines import SerialControlLines
from syntherm.adapters.transducer.openlifu_client import OpenLifu
from syntherm.audit.seal import seal_path
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import OperatorActed
from syntherm.core.state import SessionState
from syntherm.link.door import Door
from syntherm.ports.record import Signature
from syntherm.session.clock import SystemClock
from syntherm.session.guarding_link import GuardianLink
from syntherm.session.inbox import DeskInbox
from syntherm.session.loop import Ports, SessionLoop
from syntherm.session.records import open_new
from syntherm_sim.story.small_plan import text_of
from syntherm_verify.bench.frames_camera import BRIGHTEST, MRD
from syntherm_verify.bench.frames_generator import SETTINGS, begin
from syntherm_verify.bench.frames_moment import Moment, heated, wire_plan
from syntherm_verify.latency.loads import Load, Worker
from syntherm_verify.latency.returning import NoNotary, RenumberedScanner, ReturningClock
from syntherm_verify.tamper.corpus import KEY

PATIENCE_S: Final = 3.0
_IMAGES_S: Final = 20.0
RECORD_EVENTS: Final = 300
"""Trials of one record: then another is begun, so that a long run does not fill the disk."""
_AGAIN_S: Final = 0.004


@attrs.frozen
class Wires:
    """Where the other process has put the wires."""

    transmitter: str
    console: str
    pump: str
    contact: str
    guardian: str
    desk: str
    scanner_port: int
    folder: str


class NotArmed(Exception):
    """The moment could not be come back to. One line."""


class _Inbox:
    """Implements the OperatorInbox port over the shipped one: the guardian is told of each answer, as in a session."""

    def __init__(self, people: DeskInbox, control: socket.socket, guardian: "_Heart") -> None:
        self._people, self._control, self._guardian = people, control, guardian
        self.shown_s: list[float] = []

    def acts(self) -> tuple[OperatorActed, ...]:
        return self._people.acts()

    def show(self, state: SessionState, head: str) -> None:
        self.shown_s.append(time.monotonic())
        self._guardian.beat()
        self._people.show(state, head)

    def signature(self, act: OperatorActed) -> Signature | None:
        return self._people.signature(act)

    def refused(self, act: OperatorActed, because: str) -> None:
        self._people.refused(act, because)

    def closes(self) -> bool:
        return bool(select.select([self._control], [], [], 0.0)[0])


class _Heart:
    """Heartbeats, and the way back to an enable that is on: a proof is begun anew, and the enable given in it."""

    def __init__(self, path: str) -> None:
        self.link = GuardianLink(path)
        self._counter = 0
        self.last_s = 0.0

    def beat(self) -> None:
        self._counter += 1
        self.last_s = time.monotonic()
        self.link.send(f"heartbeat {self._counter} {self.last_s:.6f}")

    def arm(self) -> None:
        """Raises NotArmed."""
        self.link.states()
        self.link.send("prove")
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            self.beat()
            self.link.send("arm")
            time.sleep(_AGAIN_S)
            if any(state.enabled for state in self.link.states()):
                return
        raise NotArmed(f"the guardian does not set the enable: {self.link.refused}")


class SessionSide:
    """Everything of a session but people and wires."""

    def __init__(self, wires: Wires, control: socket.socket) -> None:
        self._wires, self._control = wires, control
        plan = wire_plan()
        self._system = SystemClock()
        self._clock = ReturningClock(self._system)
        self._transducer = OpenLifu(
            SerialLine(wires.transmitter, 921600), SerialLine(wires.console, 921600), SETTINGS, self._clock.now_s,
            time.sleep,
        )  # fmt: skip
        begin(self._transducer)
        self._pump = NewEraPump(
            SerialLine(wires.pump, 19200), self._system.now_s, PumpSite(26.59, 0),
            syringe_ml=plan.prescription.syringe_volume_ml, plan_watchdog_s=plan.pump.watchdog_s,
        )  # fmt: skip
        self._pump.begin()
        self._contact = ContactStopLoop(SerialControlLines(wires.contact), self._system.now_s)
        self._ear: ScannerLink = scanner(
            At("127.0.0.1", wires.scanner_port), LinkSettings(16_777_216, 5.0), MRD, Expected.of(plan, BRIGHTEST),
            self._system.now_s, self._system.utc,
        )  # fmt: skip
        self._scanner = RenumberedScanner(self._ear, self._clock)
        self._heart = _Heart(wires.guardian)
        self._door = Door(Path(wires.desk))
        self._inbox = _Inbox(DeskInbox(self._door, NoNotary(), self._system.now_s), control, self._heart)
        for source in (self._ear.filenos, self._door.filenos, lambda: (self._heart.link.fileno(), control.fileno())):
            self._system.wakes_for(source)
        self._worker = Worker()
        self._moment: Moment = heated()
        self._record: AuditWriter | None = None
        self._trials = 0

    def obey(self) -> None:
        """Until the other process hangs up."""
        for asked in _lines(self._control):
            try:
                match asked:
                    case {"load": str(load)}:
                        self._worker.work(Load(load))
                        self._say({"done": True})
                    case {"live": True, "images": int(images)}:
                        # Whatever becomes of its guardian's enable: another guardian is stopped meanwhile.
                        self._take_in_images(images)
                        self._run()
                    case {"arm": str(what), "images": int(images)}:
                        self._arm(what, images)
                    case _:
                        """The end of a trial, which was seen and answered already."""
            except NotArmed as error:
                self._say({"failed": str(error)})
        self._forget_record()
        self._door.close()

    def _arm(self, what: str, images: int) -> None:
        self._take_in_images(images)
        until_s = time.monotonic() + PATIENCE_S
        while not ((report := self._contact.report()) is not None and report.closed):
            if time.monotonic() > until_s:
                raise NotArmed(f"the patient's contact does not close: {self._contact.failure}")
            time.sleep(_AGAIN_S / 2.0)
        self._heart.arm()
        if what == "silence":
            self._say({"ready": True, "beat_s": self._heart.last_s})
            return
        self._run()

    def _run(self) -> None:
        record = self._its_record()
        ports = Ports(
            self._clock, self._scanner, self._transducer, self._pump, self._contact, self._inbox, record
        )  # fmt: skip
        loop = SessionLoop(self._moment.state, ports)
        self._clock.set_back(self._moment.at_s)
        self._scanner.count_from(self._moment.sequence)
        self._inbox.shown_s.clear()
        # Asked for inside of the loop, behind the collecting with which it begins.
        self._clock.upon_waiting = lambda: self._say({"ready": True})
        loop.run()
        state = loop.state
        self._say({
            "session": state.phases.session.value, "faults": [standing.code.name for standing in state.faults],
            "images": [[began_s, self._end_of(began_s)] for began_s in map(self._monotonic, self._scanner.received_s)],
        })  # fmt: skip

    def _monotonic(self, boot_s: float) -> float:
        return boot_s - self._system.now_s() + time.monotonic()

    def _end_of(self, began_s: float) -> float:
        return next((shown_s for shown_s in self._inbox.shown_s if shown_s > began_s), began_s)

    def _take_in_images(self, sent: int) -> None:
        """What came too late for the last trial is none of the next."""
        until_s = time.monotonic() + _IMAGES_S
        while self._scanner.count < sent:
            self._scanner.received()
            if time.monotonic() > until_s:
                because = "; ".join(self._ear.remarks())
                raise NotArmed(f"{self._scanner.count} of {sent} images have come: {because}")

    def _its_record(self) -> AuditWriter:
        self._trials += 1
        if self._record is None or self._trials % RECORD_EVENTS == 0:
            self._forget_record()
            path = Path(self._wires.folder) / f"session-{self._trials}.db"
            self._record = open_new(path, wire_plan(), text_of(wire_plan()), self._clock, KEY)
        return self._record

    def _forget_record(self) -> None:
        if self._record is not None:
            path = self._record.path
            self._record.let_go()
            for each in (path, seal_path(path), *path.parent.glob(path.name + "-*")):
                each.unlink(missing_ok=True)
            self._record = None

    def _say(self, message: dict[str, object]) -> None:
        self._control.sendall(json.dumps(message).encode("ascii") + b"\n")


def _lines(control: socket.socket) -> Iterator[dict[str, object]]:
    held = bytearray()
    while data := control.recv(4096):
        held += data
        while (end := held.find(b"\n")) >= 0:
            yield json.loads(bytes(held[:end]))
            del held[: end + 1]


def main() -> None:
    """Serve until the control connection ends."""
    wires = Wires(**json.loads(sys.argv[1]))
    with socket.socket(fileno=int(sys.argv[2])) as control:
        side = SessionSide(wires, control)
        control.sendall(b'{"up": true}\n')
        try:
            side.obey()
        except ConnectionError:
            return


if __name__ == "__main__":
    main()
