"""The energised moments of a day at which faults begin, and what people do around them."""

from enum import Enum, unique
from typing import Final

import attrs

from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Energy, Infusion, Session, Trigger


@unique
class Moment(Enum):
    """When; the value says it for a reader."""

    TEST = "test sonication"
    BEFORE = "heating before infusion"
    PAUSED = "heating paused"
    INFUSING = "infusing"
    HELD = "infusion held"
    PAUSED_INFUSION = "infusion paused"
    AFTER = "heating after infusion"


@attrs.frozen
class Way:
    """How a moment is reached: a look at which `seen` (and the dwell) holds, then an act, if any. One more follows."""

    seen: tuple[Session, Energy, Infusion]
    before: Trigger | None = None
    after: Trigger | None = None
    dwelt: bool = False


_S, _E, _I, _T = Session, Energy, Infusion, Trigger
_INFUSES: Final = (_S.DRUG_INFUSION_SYNC, _E.ON, _I.INFUSING)
WAYS: Final = {
    Moment.TEST: Way((_S.CALIBRATION, _E.TEST, _I.IDLE)),
    Moment.BEFORE: Way((_S.HEATING, _E.ON, _I.ARMED), after=_T.RELEASE_INFUSION, dwelt=True),
    Moment.PAUSED: Way((_S.HEATING, _E.ON, _I.ARMED), _T.PAUSE, _T.RESUME, dwelt=True),
    Moment.INFUSING: Way(_INFUSES),
    Moment.HELD: Way(_INFUSES, _T.HOLD_INFUSION, _T.RELEASE_INFUSION),
    Moment.PAUSED_INFUSION: Way(_INFUSES, _T.PAUSE, _T.RESUME),
    Moment.AFTER: Way((_S.HEATING, _E.ON, _I.DONE)),
}
SETTLES_S: Final = 4.0
"""From the act that leads to a moment to the earliest begin of a fault."""
SPREAD_S: Final = 3.0
"""Faults begin at a moment that the seed chooses: before the end of the lease, or, where none is out, within this."""
ACTS_AFTER_S: Final = 4.5
"""From a fault's begin to the operator's next act: later than the age at which a silent device is known."""
TAKES_AWAY_S: Final = 10.0
"""From a fault's begin to the operator's pause, where a fault shows only when something is taken away."""
WATCHED_S: Final = 18.0
"""How long a trial goes on after the fault."""
MEASURED_WATCHED_S: Final = 32.0
"""The same where a wrong rate has to be measured."""


def reached(moment: Moment, state: SessionState, *, sounds: bool, of_the_pump: bool) -> bool:
    """Whether a day is where this moment is prepared from: with heat, or, for a pump's fault, near its release."""
    way, phases = WAYS[moment], state.phases
    if (phases.session, phases.energy, phases.infusion) != way.seen:
        return False
    if not of_the_pump:
        return sounds
    return not way.dwelt or state.range_clock.dwell_s >= state.plan.heating.dwell_s


def takes_away(moment: Moment) -> Trigger:
    """The act that ends heat there."""
    return Trigger.STOP if moment is Moment.TEST else Trigger.PAUSE
