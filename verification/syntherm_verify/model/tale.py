"""A counterexample in words, and as a story that the simulator plays through the shipped session."""

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from syntherm.core.events import Channel
from syntherm.core.properties import Property
from syntherm.core.vocabulary import Calibration, Session, SetupItem, Trigger
from syntherm_sim.puppet.defects import Defect
from syntherm_sim.puppet.images import Heat, Precision
from syntherm_sim.story.values import (
    Act,
    FatMap,
    Frame,
    Happening,
    Lose,
    Poll,
    Provoke,
    Restart,
    Rise,
    Stop,
    Story,
    Wait,
)
from syntherm_verify.model.constants import Constants, changes
from syntherm_verify.model.environment import Kind, ModelEvent
from syntherm_verify.model.lens import ONE, PEOPLE, TWO
from syntherm_verify.model.space import code, phases

_REST = {
    "limits.equipment_age_s": 1e6, "calibration.baseline_frames": 2, "prescription.syringe_volume_ml": 1000.0,
    "limits.cooling_max_min": 1000.0,
}  # fmt: skip


@attrs.frozen
class Scene:
    """One step of a counterexample: the state before, and what happens."""

    before: dict[str, int]
    event: ModelEvent


def lines(scenes: list[Scene]) -> Iterator[str]:
    """The counterexample, one line a step, with where the regions stood before it."""
    for number, scene in enumerate(scenes, start=1):
        at = " ".join(phase.value for phase in phases(scene.before).all())
        yield f"{number:3}. {scene.event.name:44} in {at}"


def story(claim: Property, scenes: list[Scene], k: Constants) -> Story:
    """The counterexample as the simulator plays it; a tick is a second."""
    events: list[Happening] = [Poll()]
    for scene in scenes:
        events += _happenings(scene)
    plan = {**changes(k), **_REST}
    return Story(f"A way to break it: {claim.value.says}", 1.0, plan, tuple(events), claim)


def _happenings(scene: Scene) -> Iterator[Happening]:
    event = scene.event
    if event.fault is not None:
        yield Provoke(event.fault.value[0])
    if event.kind is Kind.ACT:
        yield from _act(scene)
    elif event.kind is Kind.FRAME:
        yield from _frames(scene)
    elif event.kind is Kind.DEAF:
        yield from (Lose(channel) for channel in Channel)
        return
    elif not (event.kind is Kind.NOTICE and event.fault is not None):
        yield from _PLAIN.get(event.kind, ())
    if event.kind is Kind.POLL:
        yield Poll(Stop.OPEN if event.stop_open else Stop.CLOSED)
    if scene.before["deaf"]:
        yield from (Lose(channel, 0) for channel in Channel)


_PLAIN: Final[Mapping[Kind, tuple[Happening, ...]]] = {
    Kind.TICK: (Wait(1),),
    Kind.RESTART: (Restart(),),
    Kind.NOTICE: (FatMap(),),
}


def _act(scene: Scene) -> Iterator[Happening]:
    event = scene.event
    trigger = event.trigger or Trigger.STOP
    if trigger is Trigger.BEGIN_CALIBRATION:
        if event.passes:
            yield FatMap()
        yield Poll(Stop.CLOSED if event.suits else Stop.OPEN)
        # The model looks at one item of each kind; the others are confirmed here.
        others = [item for item in SetupItem if item not in (ONE, TWO)] if event.others else []
        yield from (Act(Trigger.CONFIRM, person, item) for item in others for person in PEOPLE[: item.people])
    elif not event.passes:
        yield Frame(precision=Precision.POOR)
    reason = "checked" if trigger is Trigger.RESET and event.reason else ""
    yield Act(trigger, PEOPLE[event.person], event.item, reason)


def _frames(scene: Scene) -> Iterator[Happening]:
    event, before = scene.event, scene.before
    learning = before["calibration"] == code(Calibration.BASELINE) and not before["learned"]
    if learning and not event.finishes:
        return  # it teaches nothing yet: the model's first images of a baseline
    if learning:
        yield Frame(delay_ticks=event.delay)
    if event.unfit:
        yield Frame(defect=Defect.GEOMETRY)
        return
    cooling = before["session"] == code(Session.COOLING)
    warm = event.in_range or (cooling and not event.suits)
    target = Heat.IN_RANGE if warm else Heat.COLD
    testing = before["calibration"] == code(Calibration.TEST)
    yield Frame(
        target=target if event.thermal else Heat.UNKNOWN,
        rise=Rise.BAD if testing and not event.suits else None,
        precision=Precision.POOR if learning and not event.suits else Precision.GOOD,
        delay_ticks=event.delay,
    )
