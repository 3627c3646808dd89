"""One session in a puppet room without a disk, and the named places of a day from which the rules set out."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import attrs

from syntherm.core.commands import GrantInfusion
from syntherm.core.decision import Decision, Record
from syntherm.core.events import Event, OperatorActed, Restarted
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome, step
from syntherm.core.vocabulary import Energy, SetupItem, Trigger
from syntherm.ports.record import Signature
from syntherm.session.loop import SessionLoop
from syntherm_sim.people.crew import CREW
from syntherm_sim.puppet.geometry import shrunk
from syntherm_sim.puppet.images import Heat, Shown
from syntherm_sim.puppet.room import PuppetRoom
from syntherm_sim.scenario import ControllerKilled
from syntherm_sim.story.mortal import MortalRecord
from syntherm_sim.story.values import Death

PLAN: Final = Path(__file__).parents[2] / "plans" / "igo-breast.toml"
FRAME_S: Final = 3.0
POLL_S: Final = 1.0
READING_S: Final = 0.5
"""An image arrives this long after it was acquired."""
WARM: Final = Shown(Heat.IN_RANGE)
COOL: Final = Shown(Heat.COLD)
SPOT: Final = Shown(Heat.COLD, spot=True)


@cache
def short_plan() -> Plan:
    """The demonstration plan on the puppet room's grid, with everything that takes time shortened."""
    plan = shrunk(read_plan(PLAN.read_text(encoding="utf-8")), FRAME_S)
    drug = attrs.evolve(plan.prescription, volume_ml=1.0, line_dead_volume_ml=0.1, syringe_volume_ml=5.0)
    heating = attrs.evolve(
        plan.heating, dwell_s=12.0, prescribed_in_range_min=1.5, max_heating_min=2.5, loss_of_range_s=6.0
    )
    limits = attrs.evolve(plan.limits, recalibration_wait_min=0.5, cooling_max_min=0.15, frame_loss_abort_s=20.0)
    calibration = attrs.evolve(plan.calibration, baseline_frames=5, test_frames=3)
    return attrs.evolve(plan, prescription=drug, heating=heating, limits=limits, calibration=calibration)


Judge = Callable[[SessionState, Event, Outcome | None], None]
"""Takes the state before, the event, and its outcome; None where the table refused it."""


class MemoryRecord:
    """Implements the AuditSink port: keeps nothing but the last decision, for whoever judges the step."""

    def __init__(self) -> None:
        self.records: tuple[Record, ...] = ()
        self.event: Event | None = None
        self.refusal: str | None = None

    head = ""

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        """An event and what it led to."""
        self.event, self.records, self.refusal = event, records, None

    def append_refusal(self, _: datetime, event: Event, because: str) -> None:
        """An event that the table refused."""
        self.event, self.records, self.refusal = event, (), because

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        """An act that was not signed."""
        raise AssertionError(f"puppets sign all that they must: {act}")

    def append_crash(self, _: datetime, event: Event, error: str) -> None:
        """An event on which the core failed."""
        self.event, self.records, self.refusal = event, (), error


@attrs.frozen(eq=False)
class Place:
    """A session that has come somewhere, and what its room then is like."""

    state: SessionState
    at_s: float
    images: int
    pumped_ml: float
    infusion: GrantInfusion | None


class Bench:
    """One session under way. Every step is judged as it is made, also those that a failed command leads to."""

    def __init__(self, plan: Plan, seed: int, judge: Judge, place: Place | None = None) -> None:
        self.plan, self._judge = plan, judge
        self.room = PuppetRoom(plan, seed)
        state = SessionState.begin(plan)
        if place is not None:
            state = place.state
            self.room.begin_at(place.at_s, place.images)
            self.room.transducer.lease = state.beam.lease
            self.room.pump.pumped_ml, self.room.pump.infusion = place.pumped_ml, place.infusion
        self.room.people.watch = self._shown
        self._begin(state)

    def _begin(self, state: SessionState) -> None:
        self._memory = MemoryRecord()
        self._sink = MortalRecord(self._memory)
        self._loop = SessionLoop(state, self.room.ports(self._sink))
        self._before = state

    @property
    def state(self) -> SessionState:
        """The session now."""
        return self._loop.state

    @property
    def now_s(self) -> float:
        """Time in the room."""
        return self.room.timeline.now_s()

    def place(self) -> Place:
        """Where the session has come."""
        room = self.room
        return Place(self.state, self.now_s, room.images, room.pump.pumped_ml, room.pump.infusion)

    def feed(self, event: Event) -> None:
        """Hand an event to the session."""
        self._before = self.state
        self._memory.refusal = None
        self._loop.handle(event)
        if self._memory.refusal is not None:
            self._judge(self._before, event, None)

    def _shown(self, state: SessionState) -> None:
        memory = self._memory
        decision = memory.records[0]
        if memory.event is None or not isinstance(decision, Decision):
            raise TypeError("a step without its decision")
        outcome = Outcome(state, decision.commands, memory.records, decision.refused)
        before, self._before = self._before, state
        self._judge(before, memory.event, outcome)

    def look(self, after_s: float = POLL_S) -> None:
        """Some time later, all equipment is looked at."""
        self.room.pass_s(after_s)
        self.feed(self.room.look())

    def image(self, shown: Shown, after_s: float = 0.0) -> None:
        """Some time later, an image comes."""
        self.room.pass_s(after_s)
        self.feed(self.room.frame(shown, READING_S))

    def live(self, shown: Shown, images: int) -> None:
        """Image periods, with equipment looked at every second."""
        for _ in range(images):
            for _ in range(round(FRAME_S / POLL_S)):
                self.look()
            self.image(shown)

    def act(self, act: Trigger, person: str = CREW[0], item: SetupItem | None = None, reason: str = "") -> None:
        """A person acts."""
        self.feed(OperatorActed(self.now_s, act, person, item, reason))

    def fitting(self) -> Shown:
        """What images show while all goes well."""
        if self.state.phases.energy is Energy.TEST and self.state.beam.test_since_s is not None:
            return SPOT
        return WARM if self.state.phases.energy in (Energy.ON, Energy.PAUSED) else COOL

    def die(self, event: Event, death: Death) -> None:
        """The controller dies in the step of an event; what was durable then is all that a new one knows."""
        before = self.state
        self._sink.dies = death
        try:
            self._loop.handle(event)
        except ControllerKilled:
            pass
        else:
            raise AssertionError("the controller outlived its death")
        if death is Death.ACTING:
            self._begin(before)
            return
        outcome = step(before, event)
        self._begin(outcome.state)
        self._judge(before, event, outcome)

    def restart(self) -> None:
        """A new controller goes on."""
        self.feed(Restarted(self.now_s, "killed"))


# ---------------------------------------------------------------------------------------- the treatment day, leg by leg
def _set_up(bench: Bench) -> None:
    bench.look()
    bench.room.stop_loop.closed = False
    bench.look()
    bench.room.stop_loop.closed = True
    bench.look()
    bench.feed(bench.room.fat_map())
    for item in SetupItem:
        for person in CREW[: item.people]:
            bench.act(Trigger.CONFIRM, person, item)


def _learn(bench: Bench) -> None:
    bench.act(Trigger.BEGIN_CALIBRATION)
    bench.live(COOL, bench.plan.calibration.baseline_frames)


def _test(bench: Bench) -> None:
    bench.act(Trigger.BEGIN_TEST)
    for _ in range(bench.plan.calibration.test_frames + 1):
        bench.live(bench.fitting(), 1)


def _accept(bench: Bench) -> None:
    for person in CREW:
        bench.act(Trigger.ACCEPT_CALIBRATION, person)


def _heat(bench: Bench) -> None:
    bench.act(Trigger.BEGIN_HEATING)
    bench.live(WARM, 6)


def _infuse(bench: Bench) -> None:
    bench.act(Trigger.RELEASE_INFUSION)
    bench.live(WARM, 4)


_LEGS: Final[Mapping[str, Callable[[Bench], None]]] = {
    "begun": lambda _: None,
    "set-up": _set_up,
    "learned": _learn,
    "review": _test,
    "accepted": _accept,
    "heating": _heat,
    "infusing": _infuse,
}
_BRANCHES: Final = {"aborted": Trigger.STOP, "cooling": Trigger.END_HEATING}
PLACES: Final = (*_LEGS, *_BRANCHES)
"""By what act a day leaves the infusing session, and the names of all places."""


@cache
def places() -> Mapping[str, Place]:
    """Named places of the day, each reached once per process."""
    bench = Bench(short_plan(), 1, lambda *_: None)
    found = {}
    for name, leg in _LEGS.items():
        leg(bench)
        found[name] = bench.place()
    for name, act in _BRANCHES.items():
        other = Bench(short_plan(), 1, lambda *_: None, found["infusing"])
        other.act(act)
        found[name] = other.place()
    return found
