"""Stories of a treatment day, leg by leg, on a plan whose times are a few ticks of a second."""

from typing import Self

from syntherm.core.properties import Property
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm_sim.puppet.images import Heat
from syntherm_sim.story.values import Act, FatMap, Frame, Happening, Poll, Stop, Story, Wait

CREW = ("operator-a", "physicist-b")
PLAN = {
    "heating.dwell_s": 2.0, "heating.prescribed_in_range_min": 0.2, "heating.max_heating_min": 0.5,
    "heating.loss_of_range_s": 2.0, "limits.frame_age_s": 2.0, "limits.frame_loss_abort_s": 3.0,
    "limits.clock_step_s": 2.0, "limits.equipment_age_s": 2.0, "limits.recalibration_wait_min": 2 / 60,
    "sonication.lease_s": 2.0, "calibration.test_frames": 2, "calibration.baseline_frames": 2, "pump.watchdog_s": 2.0,
    "prescription.volume_ml": 4.0, "prescription.line_dead_volume_ml": 1.0, "prescription.rate_ml_per_h": 3600.0,
    "prescription.syringe_volume_ml": 20.0,
}  # fmt: skip


class Told:
    """A story in the making."""

    LEGS = ("begun", "set-up", "learned", "review", "accepted", "heating", "infusing")

    def __init__(self) -> None:
        self.events: list[Happening] = []

    @classmethod
    def to(cls, place: str) -> Self:
        """A story that has come to a named place of the day."""
        told = cls()
        legs = (lambda: told, told.set_up, told.learn, told.test, told.accept, told.heat, told.infuse)
        for leg in legs[: cls.LEGS.index(place) + 1]:
            leg()
        return told

    def then(self, *events: Happening) -> Self:
        self.events += events
        return self

    def act(self, act: Trigger, person: str = CREW[0], reason: str = "") -> Self:
        return self.then(Act(act, person, None, reason))

    def look(self, poll: Poll = Poll()) -> Self:  # noqa: B008 - frozen
        """A tick later, all equipment is looked at."""
        return self.then(Wait(1), poll)

    def images(self, count: int, frame: Frame = Frame()) -> Self:  # noqa: B008 - frozen
        for _ in range(count):
            self.look().then(frame)
        return self

    # ---- legs
    def set_up(self) -> Self:
        self.then(Poll()).look(Poll(Stop.OPEN)).look().then(FatMap())
        for item in SetupItem:
            self.then(*(Act(Trigger.CONFIRM, person, item) for person in CREW[: item.people]))
        return self

    def learn(self) -> Self:
        return self.act(Trigger.BEGIN_CALIBRATION).images(2)

    def test(self) -> Self:
        return self.act(Trigger.BEGIN_TEST).images(3)

    def accept(self) -> Self:
        return self.act(Trigger.ACCEPT_CALIBRATION).act(Trigger.ACCEPT_CALIBRATION, CREW[1])

    def heat(self) -> Self:
        return self.act(Trigger.BEGIN_HEATING).images(3, Frame(Heat.IN_RANGE))

    def infuse(self) -> Self:
        return self.act(Trigger.RELEASE_INFUSION).images(1, Frame(Heat.IN_RANGE))

    def reset(self) -> Self:
        for person in CREW:
            self.act(Trigger.RESET, person, "checked")
        return self

    def story(self, violates: Property | None = None, **plan: float) -> Story:
        values = PLAN | {name.replace("__", "."): value for name, value in plan.items()}
        return Story("told by a test", 1.0, values, tuple(self.events), violates)
