"""Sessions of the shipped core under the model's small numbers, on whole ticks, each step held against the model.

A tick is a second. The images are those of `core_bench.py`, on its 432 voxels.
"""

from collections.abc import Mapping
from contextlib import suppress

import attrs
import numpy as np
from core_bench import Picture, Room, small_plan, volume_of

from syntherm.core import step as core
from syntherm.core.events import (
    Event,
    FatMapReceived,
    FrameReceived,
    OperatorActed,
    Restarted,
)
from syntherm.core.machine import IllegalEvent
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome
from syntherm.core.thermometry.regions import geometry_of
from syntherm.core.vocabulary import Energy, SetupItem, State, Trigger
from syntherm_verify.model.conform import Conformance
from syntherm_verify.model.constants import SMALL, changes, with_changes
from syntherm_verify.model.lens import PEOPLE


class Differs(AssertionError):
    """A step that is not the model's."""


def ticking_plan() -> Plan:
    """The small plan with the model's numbers, and with nothing that hides what an image is made to show."""
    plan = with_changes(small_plan(), changes(SMALL))
    limits = attrs.evolve(plan.limits, equipment_age_s=12.0, voxel_step_degC=60.0)
    return attrs.evolve(plan, calibration=attrs.evolve(plan.calibration, baseline_frames=2), limits=limits)


COLD, WARM, SPOT = Picture(), Picture(target=41.2), Picture(spot=2.5)
PICTURES: Mapping[str, Picture] = {
    "cold": COLD,
    "warm": WARM,
    "spot": SPOT,
    "hot": Picture(target=47.0),
    "guards hot": Picture(target=41.2, guards=44.5),
    "guards dosed": Picture(target=41.2, guards=58.0),
}
DARK = ("target", "guards", "all", "precision")
"""What may be too dark to be seen, or to be seen well enough."""


@attrs.define
class Session:
    """One session under way."""

    state: SessionState
    room: Room
    conformance: Conformance
    at_s: float = 0.0
    images: int = 0
    seed: int = 0
    reached: set[State] = attrs.Factory(set)
    """Shared by all copies."""

    def copy(self) -> "Session":
        return attrs.evolve(self, room=attrs.evolve(self.room))

    def feed(self, event: Event) -> Outcome | None:
        before, outcome = self.state, None
        with suppress(IllegalEvent):
            outcome = core.step(before, event)
        difference = self.conformance.compare(before, event, outcome)
        if difference is not None:
            raise Differs(difference)
        self.at_s = event.at_s
        if outcome is not None:
            self.state = outcome.state
            self.room.obey(outcome.commands)
            self.reached.update(self.state.phases.all())
        return outcome

    # ---- what happens
    def act(self, act: Trigger, person: int = 0, item: SetupItem | None = None, reason: str = "checked") -> None:
        self.feed(OperatorActed(self.at_s, act, PEOPLE[person], item, reason))

    def both(self, act: Trigger) -> None:
        self.act(act, 0)
        self.act(act, 1)

    def poll(self, after: int = 1, **changed: object) -> None:
        self.feed(attrs.evolve(self.room.look(self.at_s + after), **changed))

    def fat_map(self, fraction: float = 0.0) -> None:
        geometry = geometry_of(self.state.plan)
        self.feed(FatMapReceived(self.at_s, geometry, np.full(geometry.matrix, fraction, dtype=np.float32)))

    def image(
        self, picture: Picture = COLD, after: int = 1, delay: int = 0, dark: str = "", drift_degC: float = 0.0,
        **changed: object,
    ) -> None:  # fmt: skip
        self.images, self.seed = self.images + 1, self.seed + 1
        plan, layout, at_s = self.state.plan, self.state.layout, self.at_s + after
        volume = volume_of(plan, picture.map(layout) + drift_degC, self.seed).reshape(-1)
        voxels = {
            "target": layout.target.voxels, "precision": layout.target.voxels, "all": slice(None),
            "guards": np.concatenate([guard.voxels for guard in layout.guards]),
        }.get(dark)  # fmt: skip
        if voxels is not None:
            volume[voxels] *= 0.12 if dark == "precision" else 1e-3
        scanner = plan.scanner
        made = FrameReceived(
            at_s, self.images, at_s - delay, scanner.field_T, scanner.echo_time_ms, geometry_of(plan),
            volume.reshape(scanner.matrix),
        )  # fmt: skip
        self.feed(attrs.evolve(made, **changed))

    def restart(self, after: int) -> None:
        self.feed(Restarted(self.at_s + after, "killed"))

    def tick(self, picture: Picture = COLD) -> None:
        self.poll()
        self.image(picture, after=0)

    def fitting(self) -> Picture:
        """What images show while all goes well."""
        energy = self.state.phases.energy
        if energy is Energy.TEST and self.state.beam.test_since_s is not None:
            return SPOT
        return WARM if energy in (Energy.ON, Energy.PAUSED) else COLD

    # ---- the treatment day, leg by leg
    def set_up(self) -> None:
        self.poll()
        self.room.stop_open = True
        self.poll()
        self.room.stop_open = False
        self.poll()
        self.fat_map()
        for item in SetupItem:
            for person in range(item.people):
                self.act(Trigger.CONFIRM, person, item)

    def learn(self) -> None:
        self.act(Trigger.BEGIN_CALIBRATION)
        self.tick()
        self.tick()

    def test(self) -> None:
        self.act(Trigger.BEGIN_TEST)
        self.tick()

    def review(self, picture: Picture = SPOT) -> None:
        self.tick(picture)
        self.tick(picture)

    def accept(self) -> None:
        self.both(Trigger.ACCEPT_CALIBRATION)

    def heat(self) -> None:
        self.poll()
        self.act(Trigger.BEGIN_HEATING)
        self.image(WARM, after=0)

    def dwell(self) -> None:
        self.tick(WARM)
        self.tick(WARM)

    def infuse(self) -> None:
        self.act(Trigger.RELEASE_INFUSION)

    def fail(self) -> None:
        self.room.alarm = "occlusion"
        self.poll()


LEGS = (
    ("set-up", Session.set_up), ("learned", Session.learn), ("test", Session.test), ("review", Session.review),
    ("accepted", Session.accept), ("heating", Session.heat), ("dwell", Session.dwell), ("infusing", Session.infuse),
)  # fmt: skip
ACTED = {
    "held": ("infusing", Trigger.HOLD_INFUSION),
    "done": ("infusing", Trigger.END_INFUSION),
    "paused": ("dwell", Trigger.PAUSE),
    "cooling": ("done", Trigger.END_HEATING),
    "aborted": ("infusing", Trigger.STOP),
    "baseline": ("set-up", Trigger.BEGIN_CALIBRATION),
    "held, paused": ("held", Trigger.PAUSE),
    "done, paused": ("done", Trigger.PAUSE),
}
STOPPED = ("begun", "baseline", "learned", "review", "held")
"""Where a day is stopped, and reset by one person."""


def places(conformance: Conformance) -> dict[str, Session]:
    """Sessions that have come to named places of the day, each step held against the model."""
    plan = ticking_plan()
    session = Session(SessionState.begin(plan), Room(plan), conformance)
    found = {"begun": session.copy()}
    found |= _day(session, "")
    for name, (start, act) in ACTED.items():
        session = found[start].copy()
        session.act(act)
        found[name] = session
    for name, leg in (("refused", lambda s: s.review(COLD)), ("failed", Session.fail), ("complete", Session.tick)):
        session = found[{"refused": "test", "failed": "infusing", "complete": "cooling"}[name]].copy()
        leg(session)
        found[name] = session
    for name in STOPPED:
        session = found[name].copy()
        session.act(Trigger.STOP)
        session.act(Trigger.RESET, 0)
        found[f"{name}, half reset"] = session
    for name in ("dwell", "done", "failed"):
        # After a reset, the day comes again with the infusion as it was left.
        session = found[name].copy()
        session.act(Trigger.STOP)
        session.both(Trigger.RESET)
        session.room.alarm = None
        found |= _day(session, f"{name} before: ")
    return found


def _day(session: Session, again: str) -> dict[str, Session]:
    found = {}
    for name, leg in LEGS:
        if not (again and name == "infusing"):
            leg(session)
            found[again + name] = session.copy()
    return found
