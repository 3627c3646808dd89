"""A treatment day in a room without physics, driven through the shipped loop: the source of every record made here.

Images hold whole numbers, as scanners send them. Times of the plan are shortened so that a day takes few entries; the
plan is one that the shipped reader accepts, so that its record can be executed again.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from syntherm.core.events import FrameReceived, OperatorActed
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Energy, SetupItem, Trigger
from syntherm.ports.record import AuditSink
from syntherm.session.loop import Ports, SessionLoop
from syntherm_sim.puppet.geometry import shrunk
from syntherm_sim.puppet.images import Heat, Shown
from syntherm_sim.puppet.room import PuppetRoom
from syntherm_sim.story.small_plan import text_of

PLAN: Final = Path(__file__).parents[2] / "plans" / "igo-breast.toml"
COUNTS: Final = np.float32(12.0)
"""Scale of the painted images: their brightest voxel comes to lie at 12,000 counts, as the virtual scanner's does."""
READING_S: Final = 0.5
"""An image arrives this long after it was acquired."""
POLL_S: Final = 1.0
CREW: Final = ("operator-a", "physicist-b")
"""Two people who can sign in a puppet room."""
WARM: Final = Shown(Heat.IN_RANGE)
COOL: Final = Shown(Heat.COLD)
SPOT: Final = Shown(Heat.COLD, spot=True)


@cache
def demonstration() -> Plan:
    """The demonstration plan as it is."""
    return read_plan(PLAN.read_text(encoding="utf-8"))


@cache
def small_plan() -> Plan:
    """The demonstration plan on 432 voxels, with everything that takes time shortened as far as a plan may say."""
    plan = shrunk(demonstration(), demonstration().scanner.frame_period_s)
    drug = attrs.evolve(
        plan.prescription, dose_mg_per_m2=10.0, body_surface_m2=1.0, concentration_mg_per_ml=10.0, volume_ml=1.0,
        line_dead_volume_ml=0.1, syringe_volume_ml=5.0,
    )  # fmt: skip
    heating = attrs.evolve(
        plan.heating, dwell_s=12.0, prescribed_in_range_min=1.5, max_heating_min=6.0, loss_of_range_s=6.0
    )
    limits = attrs.evolve(plan.limits, recalibration_wait_min=1.0, cooling_max_min=1.0)
    calibration = attrs.evolve(plan.calibration, baseline_frames=6, test_frames=3)
    hot, dosed = plan.guard
    guard = (hot, attrs.evolve(dosed, max_cem43_min=4.0))
    return attrs.evolve(plan, prescription=drug, heating=heating, limits=limits, calibration=calibration, guard=guard)


def small_text() -> str:
    """The small plan as the text of a plan file."""
    return text_of(small_plan())


class Day:
    """One session under way in a puppet room, leg by leg."""

    def __init__(self, plan: Plan, sink: AuditSink, seed: int = 1) -> None:
        self.plan, self.room, self._seed = plan, PuppetRoom(plan, seed), seed
        self.loop = SessionLoop(SessionState.begin(plan), self.room.ports(sink))

    def reaching(self, sink: AuditSink, around: Callable[[Ports], Ports]) -> "Day":
        """Another session in a room of its own, come as far as this one; `around` may stand before its devices."""
        day = Day(self.plan, sink, self._seed)
        day.room.begin_at(self.room.timeline.now_s(), self.room.images)
        day.room.transducer.lease = self.room.transducer.lease
        day.room.pump.infusion, day.room.pump.pumped_ml = self.room.pump.infusion, self.room.pump.pumped_ml
        day.loop = SessionLoop(self.state, around(day.room.ports(sink)))
        return day

    @property
    def state(self) -> SessionState:
        """The session now."""
        return self.loop.state

    def look(self, after_s: float = POLL_S) -> None:
        """Some time later, all equipment is looked at."""
        self.room.pass_s(after_s)
        self.loop.handle(self.room.look())

    def image(self, shown: Shown) -> None:
        """An image comes, in whole numbers."""
        self.loop.handle(whole(self.room.frame(shown, READING_S)))

    def live(self, images: int, shown: Shown | None = None) -> None:
        """Image periods, with the equipment looked at every second; images show what fits unless said otherwise."""
        for _ in range(images):
            for _ in range(round(self.plan.scanner.frame_period_s / POLL_S)):
                self.look()
            self.image(self._fitting() if shown is None else shown)

    def act(self, act: Trigger, person: str = CREW[0], item: SetupItem | None = None, reason: str = "") -> None:
        """A person acts."""
        self.loop.handle(OperatorActed(self.room.timeline.now_s(), act, person, item, reason))

    def _fitting(self) -> Shown:
        if self.state.phases.energy is Energy.TEST and self.state.beam.test_since_s is not None:
            return SPOT
        return WARM if self.state.phases.energy in (Energy.ON, Energy.PAUSED) else COOL

    # --------------------------------------------------------------------------------------------------------- the day
    def set_up(self) -> None:
        """From the first look to the last confirmation."""
        self.look()
        self.room.stop_loop.closed = False
        self.look()
        self.room.stop_loop.closed = True
        self.look()
        self.loop.handle(self.room.fat_map())
        for item in SetupItem:
            for person in CREW[: item.people]:
                self.act(Trigger.CONFIRM, person, item)

    def calibrate(self) -> None:
        """Reference images, the test sonication, and its acceptance."""
        self.act(Trigger.BEGIN_CALIBRATION)
        self.live(self.plan.calibration.baseline_frames, COOL)
        self.act(Trigger.BEGIN_TEST)
        self.live(self.plan.calibration.test_frames + 1)
        for person in CREW:
            self.act(Trigger.ACCEPT_CALIBRATION, person)

    def heat(self) -> None:
        """Until the target has been in range for the dwell."""
        self.act(Trigger.BEGIN_HEATING)
        self.live(2 + round(self.plan.heating.dwell_s / self.plan.scanner.frame_period_s))

    def infuse(self, images: int = 18) -> None:
        """The infusion, or the beginning of it."""
        self.act(Trigger.RELEASE_INFUSION)
        self.live(images)


LEGS: Final[tuple[Callable[[Day], None], ...]] = (Day.set_up, Day.calibrate, Day.heat, Day.infuse)


def whole(frame: FrameReceived) -> FrameReceived:
    """The image in whole numbers. Adding zero takes the sign off every minus zero, which no scanner sends."""
    parts = np.rint(frame.volume.view(np.float32) * COUNTS) + np.float32(0.0)
    return attrs.evolve(frame, volume=np.ascontiguousarray(parts, dtype=np.float32).view(np.complex64))
