"""The puppet room: devices, people and images around one session, driven from outside event by event."""

from collections.abc import Callable
from typing import Final

import attrs
import numpy as np

from syntherm.core.events import EquipmentPolled, FatMapReceived, FrameReceived, OperatorActed
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.regions import geometry_of
from syntherm.ports.record import AuditSink, Signature
from syntherm.session.loop import Ports
from syntherm.session.signing import meaning
from syntherm_sim.puppet.devices import PuppetPump, PuppetStopLoop, PuppetTransducer
from syntherm_sim.puppet.images import Painter, Shown
from syntherm_sim.timeline import Timeline

APART_S: Final = 0.001
"""Between two things that cannot be at one moment: an image and the next, a command and a report that knows of it."""


class PuppetScanner:
    """Implements the Scanner port: images are handed over one by one instead."""

    def received(self) -> tuple[FrameReceived | FatMapReceived, ...]:
        """Nothing of its own."""
        return ()

    def remarks(self) -> tuple[str, ...]:
        """Nothing is ever refused."""
        return ()


class PuppetPeople:
    """Implements the OperatorInbox port: acts are handed over one by one; refusals are kept."""

    def __init__(self) -> None:
        self.refusals: list[tuple[OperatorActed, str]] = []
        self.watch: Callable[[SessionState], None] | None = None

    def acts(self) -> tuple[OperatorActed, ...]:
        """Nothing of their own."""
        return ()

    def show(self, state: SessionState, head: str) -> None:
        """Let somebody look."""
        if self.watch is not None:
            self.watch(state)

    def signature(self, act: OperatorActed) -> Signature | None:
        """A puppet signs whatever is asked of it, in anybody's name: what the core makes of that is its own matter."""
        means = meaning(act)
        return None if means is None else Signature(act.person, act.person, "puppet", means, act.act.value)

    def refused(self, act: OperatorActed, because: str) -> None:
        """Keep it."""
        self.refusals.append((act, because))

    def closes(self) -> bool:
        """Never by themselves."""
        return False


class PuppetRoom:
    """Everything around the controller. It lives on while the controller is dead."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan = plan
        self.timeline = Timeline(self._live)
        now_s = self.timeline.now_s
        drug = plan.prescription
        self.transducer = PuppetTransducer(now_s)
        self.pump = PuppetPump(now_s, drug.syringe_volume_ml, plan.pump.watchdog_s, drug.rate_ml_per_h)
        self.stop_loop, self.people = PuppetStopLoop(), PuppetPeople()
        self._painter, self._geometry = Painter(plan, seed), geometry_of(plan)
        self._number, self._acquired_s = 0, float("-inf")

    def ports(self, record: AuditSink) -> Ports:
        """The doors of a session in this room."""
        return Ports(
            self.timeline, PuppetScanner(), self.transducer, self.pump, self.stop_loop, self.people, record
        )  # fmt: skip

    @property
    def images(self) -> int:
        """How many images have been made."""
        return self._number

    def begin_at(self, moment_s: float, images: int) -> None:
        """Begin later in a day, after some images."""
        self.pass_to(moment_s)
        self._number = images

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.pass_to(self.timeline.now_s() + seconds)

    def pass_to(self, moment_s: float) -> None:
        """Let time pass until a moment."""
        self.timeline.wait_until(moment_s)

    def later_than_commands(self) -> None:
        """Let a moment pass if a device was told something just now, so that its next report knows of it."""
        now_s = self.timeline.now_s()
        if now_s in (self.transducer.told_s, self.pump.told_s):
            self.pass_s(APART_S)

    def look(self) -> EquipmentPolled:
        """What all devices say now."""
        return EquipmentPolled(
            self.timeline.now_s(), self.transducer.report(), self.pump.report(), self.stop_loop.report()
        )

    def act(self, act: OperatorActed) -> OperatorActed:
        """The act, done now."""
        return attrs.evolve(act, at_s=self.timeline.now_s())

    def fat_map(self) -> FatMapReceived:
        """A map without fat."""
        nothing = np.zeros(self.plan.scanner.matrix, dtype=np.float32)
        return FatMapReceived(self.timeline.now_s(), self._geometry, nothing)

    def frame(self, shown: Shown, late_s: float = 0.0) -> FrameReceived:
        """The next image, acquired `late_s` before now; a moment passes where it would be acquired with the last."""
        if abs(self._acquired_s - (self.timeline.now_s() - late_s)) < APART_S / 2.0:
            self.pass_s(APART_S)
        self._number += 1
        now_s = self.timeline.now_s()
        self._acquired_s = now_s - late_s
        scanner = self.plan.scanner
        return FrameReceived(
            at_s=now_s,
            sequence=self._number,
            acquired_s=self._acquired_s,
            field_T=scanner.field_T,
            echo_time_ms=scanner.echo_time_ms,
            geometry=self._geometry,
            volume=self._painter.paint(shown, self._number),
        )

    def _live(self, from_s: float, to_s: float) -> None:
        self.pump.live(from_s, to_s)
