"""A story as frozen values: `docs/iec62304/story-format.md` says what each means."""

from collections.abc import Mapping
from enum import Enum, unique

import attrs

from syntherm.core.events import Channel
from syntherm.core.faults import Response
from syntherm.core.properties import Property
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm_sim.puppet.defects import Defect
from syntherm_sim.puppet.images import GuardHeat, Heat, Precision


@unique
class Stop(Enum):
    """How the patient stop reads."""

    CLOSED = "closed"
    OPEN = "open"
    UNREAD = "unread"


@unique
class GeneratorWord(Enum):
    """What the generator says: the truth, nothing, or that it sounds."""

    OK = "ok"
    UNREAD = "unread"
    SOUNDING = "sounding"


@unique
class PumpWord(Enum):
    """What the pump says: the truth, nothing, or an alarm upon which it has stopped."""

    OK = "ok"
    UNREAD = "unread"
    ALARM = "alarm"


@unique
class Rise(Enum):
    """Whether the rise of a test sonication is one that the plan accepts."""

    GOOD = "good"
    BAD = "bad"


@unique
class Death(Enum):
    """Where in the next step the controller dies."""

    ACTING = "acting"
    RECORDING = "recording"


@attrs.frozen
class Wait:
    """Time passes; nobody looks."""

    ticks: int


@attrs.frozen
class Poll:
    """The session looks at its equipment."""

    stop: Stop = Stop.CLOSED
    generator: GeneratorWord = GeneratorWord.OK
    pump: PumpWord = PumpWord.OK


@attrs.frozen
class Frame:
    """An image arrives, `delay_ticks` after it was acquired. `rise` of None: good where the target is cold."""

    target: Heat = Heat.COLD
    guards: GuardHeat = GuardHeat.COOL
    rise: Rise | None = None
    precision: Precision = Precision.GOOD
    delay_ticks: int = 0
    defect: Defect | None = None


@attrs.frozen
class FatMap:
    """The anatomical scan's fat map arrives."""


@attrs.frozen
class Act:
    """A person acts."""

    act: Trigger
    person: str
    item: SetupItem | None = None
    reason: str = ""


@attrs.frozen
class Provoke:
    """Something happens that raises a fault of this response."""

    response: Response


@attrs.frozen
class Lose:
    """The next so many commands on a channel are neither confirmed nor carried out; 0: it hears again."""

    channel: Channel
    times: int = 1


@attrs.frozen
class Crash:
    """The controller dies in the step of the next event that reaches it."""

    after: Death


@attrs.frozen
class Restart:
    """Somebody starts the controller again."""


Happening = Wait | Poll | Frame | FatMap | Act | Provoke | Lose | Crash | Restart

RESPONSES: dict[str, Response] = {
    "hold": Response.HOLD_INFUSION,
    "fail": Response.FAIL_INFUSION,
    "pause": Response.PAUSE,
    "cool": Response.COOL,
    "abort": Response.ABORT,
}


@attrs.frozen
class Story:
    """What happens, on which small plan, and which property it violates (None: a story that violates nothing)."""

    says: str
    tick_s: float
    plan: Mapping[str, float]
    events: tuple[Happening, ...]
    violates: Property | None = None
