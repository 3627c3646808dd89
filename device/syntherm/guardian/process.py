"""The guardian around its machine: one thread, one select; and a thread that looks whether a port hangs.

On a failure the enable falls before anything else is done. The loop makes no cycles, and the collector is off while
it runs.
"""

import gc
import select
import signal
import time
from types import FrameType, TracebackType
from typing import Final

from syntherm.guardian import messages
from syntherm.guardian.causes import OF_IMAGES, Cause
from syntherm.guardian.config import Config
from syntherm.guardian.contact import Contact
from syntherm.guardian.facts import Seen
from syntherm.guardian.hanging import PortWatch
from syntherm.guardian.link import Link
from syntherm.guardian.machine import Machine
from syntherm.guardian.mrd import Image, Reader, StreamLost
from syntherm.guardian.selftest import door_test, self_test
from syntherm.guardian.stops import StopDoor
from syntherm.guardian.tee import Tee
from syntherm.guardian.view import UNREADABLE, View, test_images
from syntherm.guardian.wires import EnableLine, WireLost, Wires

TICK_S: Final = 0.005
"""Control lines cannot be waited for: so a press of the patient's stop is seen within this time."""
_MADE: Final = {Cause.TEMPERATURE: "hot", Cause.FROZEN: "frozen", Cause.UNREADABLE: "empty"}


class TriedError(Exception):
    """The guardian's own failure, as the session asked for to see the enable fall."""


class Guardian:
    """Runs until it is told to end, or fails; on the way out the enable is off."""

    def __init__(self, config: Config) -> None:
        """Open lines and sockets, enable off. Raises WireLost, OSError."""
        self._config = config
        self._machine = Machine(config.limits)
        self._enable_wires = Wires(config.enable_url)
        self._enable = EnableLine(self._enable_wires, config.enable_follow_s)
        self._ports = PortWatch(self._enable.fall)
        self._contact_wires = Wires(config.contact_url)
        self._contact_wires.dtr(True)
        self._contact = Contact(config.contact)
        self._link = Link(config.link_path)
        self._stops = StopDoor(config.link_path)
        self._tee = Tee(config.listen, config.session)
        self._reader: Reader | None = None
        self._view = View(config.view)
        self._told: tuple[object, ...] = ()
        self._told_s = 0.0
        self._number = 0
        self._looked_s = time.monotonic()
        self._ends = False

    def run(self) -> None:
        """Guard until SIGTERM or SIGINT. Any failure leaves here after the enable was taken away."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        with _DropOnError(self):
            self_test(self._config)
            door_test(self._stops.path, self._hears_stop)
            self._machine.tested()
            self._ports.start()
            gc.collect()
            gc.freeze()
            gc.disable()
            while not self._ends:
                with _DropOnError(self):
                    self._turn()
        self.close()

    def drop(self, error: BaseException) -> bool:
        """The enable off before anything else; True if the failure was only tried, and is forgotten."""
        self._enable.fall()
        if isinstance(error, TriedError):
            self._machine.attempt(time.monotonic(), Cause.ERROR)
            return True
        self._machine.failed()
        return False

    def close(self) -> None:
        """Off, and everything given back."""
        self._enable.fall()
        for part in (self._ports, self._enable_wires, self._contact_wires, self._link, self._stops, self._tee):
            part.close()

    def _end(self, number: int, frame: FrameType | None) -> None:
        # Only a mark: the port's own lock may be held where the signal came. The turn ends within TICK_S.
        self._ends = True

    def _turn(self) -> None:
        reads, writes = self._tee.wants()
        reads += [self._link.listener, *self._stops.wants()]
        if self._link.connected is not None:
            reads.append(self._link.connected)
        ready, _, _ = select.select(reads, writes, [], TICK_S)
        self._operators()
        self._lines()
        if self._link.listener in ready and self._link.accept():
            self._machine.link(time.monotonic(), up=True)
        self._session()
        if self._tee.listener in ready and self._tee.accept():
            self._reader = Reader()
        self._images()
        self._machine.look(time.monotonic())
        self._drive()
        self._tell()

    def _drive(self) -> None:
        with self._ports:
            self._enable.set(time.monotonic(), self._machine.enabled and not self._ends and not self._ports.hung)
        if self._ports.hung:
            raise WireLost("a port did not come back within 0.25 s: found it hung, and the enable was taken away")

    def _operators(self) -> None:
        if self._stops.stops():
            self._machine.stop(time.monotonic())
            self._drive()
            self._stops.tell()

    def _hears_stop(self) -> bool:
        self._operators()
        return Cause.OPERATOR in self._machine.in_the_way(time.monotonic())

    def _lines(self) -> None:
        self._machine.look(time.monotonic())
        self._drive()
        now_s = time.monotonic()
        if 0.0 <= now_s - self._looked_s < TICK_S / 2.0:
            return
        self._looked_s = now_s
        with self._ports:
            well = self._enable.well(now_s)
            if not well:
                self._enable.again()
            self._look_at_contact(now_s)
        self._machine.reads_back(now_s, well=well)
        self._machine.contact(now_s, closed=self._contact.closed)
        self._drive()

    def _look_at_contact(self, now_s: float) -> None:
        try:
            levels = self._contact_wires.read()
            if self._contact.look(now_s, levels):
                self._contact_wires.rts(self._contact.rts)
        except WireLost:
            self._contact.look(now_s, None)

    def _session(self) -> None:
        if self._link.connected is None:
            return
        got, up = self._link.messages()
        for data in got:
            # A failure that was only tried ends here, so that what else this look has found is answered too.
            with _DropOnError(self):
                self._follow(data)
            self._drive()
        if not up:
            self._machine.link(time.monotonic(), up=False)
            self._drive()

    def _follow(self, data: bytes) -> None:
        now_s = time.monotonic()
        refused: str | None = None
        try:
            message = messages.read(data)
        except messages.NoMessage as error:
            self._link.tell(messages.refusal("message", str(error)))
            return
        if isinstance(message, messages.Heartbeat):
            self._machine.heartbeat(now_s, message.counter, message.verdict_s)
        elif isinstance(message, messages.Try):
            refused = self._attempt(now_s, message.cause)
        else:
            refused = self._order(now_s, message.word)
        if refused is not None:
            self._link.tell(messages.refusal(data.decode("ascii"), refused))

    def _order(self, now_s: float, word: str) -> str | None:
        machine = self._machine
        if word == "prove":
            return machine.prove()
        if word == "proven":
            return machine.proven()
        if word == "arm":
            return machine.arm(now_s)
        machine.disarm()
        if word == "baseline":
            self._view = View(self._config.view)
            machine.forget_images(now_s)
        return None

    def _attempt(self, now_s: float, cause: Cause) -> str | None:
        if cause is Cause.ERROR:
            raise TriedError("asked for by the session")
        seen: Seen | None = None
        if cause in OF_IMAGES and cause in _MADE:
            # A view of its own, so that what is tried does not touch the baseline of the patient.
            view = View(self._config.view)
            baseline, after = test_images(self._config.view, self._config.limits.temperature_degC)
            for image in baseline:
                view.take(image, may_learn=True)
            seen = view.take(after[_MADE[cause]], may_learn=False)
        elif cause is Cause.FRAME_AGE:
            seen = Seen(self._config.view.start_degC)
        return self._machine.attempt(now_s, cause, seen)

    def _images(self) -> None:
        data = self._tee.pump()
        if not data or self._reader is None:
            return
        try:
            images = self._reader.feed(data)
        except StreamLost:
            self._reader = None
            self._machine.frame(time.monotonic(), UNREADABLE)
            return
        for image in images:
            self._image(image)

    def _image(self, image: Image) -> None:
        seen = self._view.take(image, may_learn=not self._machine.enabled)
        if seen is not None:
            self._machine.frame(time.monotonic(), seen)
            self._drive()

    def _tell(self) -> None:
        now_s, machine = time.monotonic(), self._machine
        state = (machine.mode, machine.enabled, machine.dropped, machine.tripped)
        if state == self._told and now_s - self._told_s < self._config.state_every_s:
            return
        self._told, self._told_s = state, now_s
        self._number += 1
        dropped = "" if machine.dropped is None else machine.dropped.value
        tripped = sorted(cause.value for cause in machine.tripped)
        failing = [cause.value for cause in machine.in_the_way(now_s)]
        self._link.tell(messages.state(self._number, machine.mode.value, machine.enabled, dropped, tripped, failing))


class _DropOnError:
    """Whatever goes wrong inside, the enable falls first. Only the failure that was asked for is forgotten."""

    def __init__(self, guardian: Guardian) -> None:
        self._guardian = guardian

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        return error is not None and self._guardian.drop(error)
