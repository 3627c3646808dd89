"""What may happen at any moment: people, images, equipment, faults, lost commands, crashes, and time.

Every event may come in every state in which the world allows it. What the core cannot know in advance (what an
image shows, whether a check that the model does not count passes) is the environment's free choice.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, unique
from typing import Final

import attrs

from syntherm.core.faults import Clears, Code, Response
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm_verify.model.constants import Constants
from syntherm_verify.model.expr import NO, YES, Expr, either, num
from syntherm_verify.model.lens import ONE, TWO


@unique
class Kind(Enum):
    """Who is moved by an event."""

    TICK = "time passes"
    ACT = "a person acts"
    FRAME = "an image comes"
    POLL = "equipment is looked at"
    NOTICE = "something is noticed that asks for nothing itself"
    FAILURE = "a command that takes away was not confirmed"
    RESTART = "the controller starts again"
    DROP_ENERGY = "the generator ends by itself, or lost its grant"
    DROP_PUMP = "the pump ends by itself, or lost its grant"
    DEAF = "commands that take away will not reach the devices, just now"


CONTROLLER: Final = (Kind.ACT, Kind.FRAME, Kind.POLL, Kind.NOTICE, Kind.FAILURE, Kind.RESTART)
"""Kinds that the controller's step answers; the others happen to devices, or are time."""


@unique
class Group(Enum):
    """Faults that the core answers alike: by response, and by who clears them."""

    HOLD = (Response.HOLD_INFUSION, (Clears.WITH_CAUSE,))
    FAIL = (Response.FAIL_INFUSION, (Clears.WITH_CAUSE, Clears.NEVER))
    PAUSE = (Response.PAUSE, (Clears.WITH_CAUSE,))
    COOL = (Response.COOL, (Clears.NEVER,))
    ABORT = (Response.ABORT, (Clears.BY_RESET,))
    ABORT_FOR_GOOD = (Response.ABORT, (Clears.NEVER,))

    @property
    def codes(self) -> tuple[Code, ...]:
        """The faults of the group."""
        response, clears = self.value
        return tuple(c for c in Code if c.value.response is response and c.value.clears in clears)


@attrs.frozen
class ModelEvent:
    """One thing that may happen, with the environment's answers to what the core then asks.

    `person` is 0 or 1. `delay`: ticks since an image was acquired. `passes`: every check that the model does not
    count may start. `others`: setup items that are not looked at are confirmed. `suits`: what this trigger asks of
    images and devices is so (precision, response of the test, cooled, stop loop closed again).
    """

    kind: Kind
    trigger: Trigger | None = None
    person: int = 0
    item: SetupItem | None = None
    reason: bool = True
    fault: Group | None = None
    delay: int = 0
    unfit: bool = False
    thermal: bool = True
    in_range: bool = False
    finishes: bool = False
    passes: bool = True
    others: bool = True
    suits: bool = True
    stop_open: bool = False
    pumps: bool = True

    @property
    def name(self) -> str:
        """A short name, for traces and generated models."""
        fresh = ModelEvent(self.kind)
        parts = [self.kind.name.lower() if self.trigger is None or self.kind is not Kind.ACT else self.trigger.value]
        for field in attrs.fields(ModelEvent):
            value = getattr(self, field.name)
            if field.name in ("kind", "trigger") or value == getattr(fresh, field.name):
                continue
            shown = value.name.lower() if isinstance(value, Enum) else int(value)
            parts.append(f"{field.name}={shown}")
        return " ".join(parts)


_WITH_PEOPLE: Final = (Trigger.CONFIRM, Trigger.ACCEPT_CALIBRATION, Trigger.RESET)
_CHECKED: Final = (Trigger.BEGIN_TEST, Trigger.BEGIN_HEATING, Trigger.RELEASE_INFUSION, Trigger.RESUME)
_ENDING: Final = (None, Group.COOL, Group.ABORT, Group.ABORT_FOR_GOOD)
"""Faults of which the worst must be tried together with an image or a look; the rest compose from single steps."""


def _acts() -> Iterator[ModelEvent]:
    for person in (0, 1):
        yield ModelEvent(Kind.ACT, Trigger.CONFIRM, person, TWO)
        yield ModelEvent(Kind.ACT, Trigger.ACCEPT_CALIBRATION, person)
        yield ModelEvent(Kind.ACT, Trigger.RESET, person)
    yield ModelEvent(Kind.ACT, Trigger.CONFIRM, 0, ONE)
    yield ModelEvent(Kind.ACT, Trigger.RESET, 0, reason=False)
    begin = ModelEvent(Kind.ACT, Trigger.BEGIN_CALIBRATION)
    yield from (begin, attrs.evolve(begin, others=False), attrs.evolve(begin, suits=False))
    yield attrs.evolve(begin, passes=False)
    for trigger in _CHECKED:
        yield ModelEvent(Kind.ACT, trigger)
        yield ModelEvent(Kind.ACT, trigger, passes=False)
    rest = [t for t in Trigger if t.value not in ("frame", "poll", "restart") and not t.value.startswith("fault-")]
    for trigger in rest:
        if trigger not in (*_WITH_PEOPLE, *_CHECKED, Trigger.BEGIN_CALIBRATION):
            yield ModelEvent(Kind.ACT, trigger)


def _frames(delay: int) -> Iterator[ModelEvent]:
    image = ModelEvent(Kind.FRAME, Trigger.FRAME, delay=delay)
    shows = (
        attrs.evolve(image, in_range=True),
        image,
        attrs.evolve(image, suits=False),
        attrs.evolve(image, thermal=False),
        attrs.evolve(image, finishes=True),
        attrs.evolve(image, finishes=True, suits=False),
    )
    yield from shows
    for fault in _ENDING[1:]:
        yield from (attrs.evolve(shown, fault=fault) for shown in (shows[0], shows[1], shows[3]))


def events(k: Constants) -> tuple[ModelEvent, ...]:
    """Everything that may happen."""
    return (
        ModelEvent(Kind.TICK),
        ModelEvent(Kind.TICK, pumps=False),
        *_acts(),
        *(frame for delay in range(k.delay + 1) for frame in _frames(delay)),
        *(ModelEvent(Kind.FRAME, Trigger.FRAME, unfit=True, fault=fault) for fault in _ENDING),
        *(ModelEvent(Kind.POLL, Trigger.POLL, fault=fault) for fault in _ENDING),
        ModelEvent(Kind.POLL, Trigger.POLL, stop_open=True),
        ModelEvent(Kind.NOTICE),
        *(ModelEvent(Kind.NOTICE, fault=group) for group in Group),
        ModelEvent(Kind.FAILURE),
        ModelEvent(Kind.RESTART, Trigger.RESTART),
        ModelEvent(Kind.DROP_ENERGY),
        ModelEvent(Kind.DROP_PUMP),
        ModelEvent(Kind.DEAF),
    )


@attrs.frozen(eq=False)
class Given:
    """The same answers as expressions: constants for one event, inputs for all events of a kind at once."""

    kind: Kind
    triggers: Mapping[Trigger, Expr]
    faults: Mapping[Group, Expr]
    person: Expr
    two: Expr
    one: Expr
    reason: Expr
    delay: Expr
    unfit: Expr
    thermal: Expr
    in_range: Expr
    finishes: Expr
    passes: Expr
    others: Expr
    suits: Expr
    stop_open: Expr
    pumps: Expr

    def act(self, *triggers: Trigger) -> Expr:
        """Whether a person does one of these."""
        return either(*(self.triggers.get(t, NO) for t in triggers)) if self.kind is Kind.ACT else NO

    @property
    def faulty(self) -> Expr:
        """Whether any fault is given that the model does not count for itself."""
        return either(*self.faults.values())


def given(event: ModelEvent) -> Given:
    """What one event gives."""
    truths = ("reason", "unfit", "thermal", "in_range", "finishes", "passes", "others", "suits", "stop_open", "pumps")
    return Given(
        kind=event.kind,
        triggers={} if event.trigger is None else {event.trigger: YES},
        faults={} if event.fault is None else {event.fault: YES},
        person=num(event.person),
        two=num(int(event.item is TWO)),
        one=num(int(event.item is ONE)),
        delay=num(event.delay),
        **{name: num(int(getattr(event, name))) for name in truths},
    )
