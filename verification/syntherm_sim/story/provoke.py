"""Something concrete that raises a fault of a wanted response here and now.

Candidates are tried on the core's own checks, what asks for nothing else first: a message of a channel or a fat map
has no trigger of its own, a look at the equipment or an image has.
"""

from collections.abc import Callable
from typing import Final

import attrs

from syntherm.core.checks.registry import examine
from syntherm.core.events import Channel, ChannelFailed, EquipmentPolled, Event, PumpReport
from syntherm.core.faults import Code, Response
from syntherm.core.latch import failing
from syntherm.core.observe.event import observe
from syntherm.core.state import SessionState
from syntherm_sim.puppet.defects import Defect, spoil
from syntherm_sim.puppet.images import GuardHeat, Shown
from syntherm_sim.puppet.room import APART_S, PuppetRoom

Make = Callable[[PuppetRoom, SessionState, Shown], Event]


class NoSuchFault(Exception):
    """No fault of this response is watched in this state and can be raised at once. The message says so."""


def _refused(channel: Channel) -> Make:
    def make(room: PuppetRoom, _: SessionState, __: Shown) -> Event:
        return ChannelFailed(room.timeline.now_s(), channel, "loan refused: not ready", falling=False)

    return make


def _not_confirmed(room: PuppetRoom, _: SessionState, __: Shown) -> Event:
    return ChannelFailed(room.timeline.now_s(), Channel.PUMP, "hold not confirmed: no answer")


def _time_goes_back(room: PuppetRoom, state: SessionState, _: Shown) -> Event:
    at_s = room.timeline.now_s() if state.at_s is None else state.at_s
    return attrs.evolve(room.fat_map(), at_s=at_s - APART_S)


def _look(room: PuppetRoom) -> EquipmentPolled:
    room.later_than_commands()
    return room.look()


def _pump_says(word: Callable[[PumpReport], PumpReport]) -> Make:
    def make(room: PuppetRoom, _: SessionState, __: Shown) -> Event:
        look = _look(room)
        return look if look.pump is None else attrs.evolve(look, pump=word(look.pump))

    return make


def _stop_open(room: PuppetRoom, _: SessionState, __: Shown) -> Event:
    look = _look(room)
    return look if look.stop_loop is None else attrs.evolve(look, stop_loop=attrs.evolve(look.stop_loop, closed=False))


def _other_geometry(room: PuppetRoom, state: SessionState, shown: Shown) -> Event:
    return spoil(room.frame(shown), Defect.GEOMETRY, state.imaging)


def _guards(heat: GuardHeat) -> Make:
    def make(room: PuppetRoom, _: SessionState, shown: Shown) -> Event:
        return room.frame(attrs.evolve(shown, guards=heat))

    return make


_TOO_LONG_S: Final = 1e6
OCCLUSION: Final = "occlusion"

CANDIDATES: Final[tuple[tuple[Code, Make], ...]] = (
    (Code.PUMP_REFUSED, _refused(Channel.PUMP)),
    (Code.PUMP_SILENT, _pump_says(lambda pump: attrs.evolve(pump, watchdog_s=_TOO_LONG_S))),
    (Code.PUMP_UNASKED, _pump_says(lambda pump: attrs.evolve(pump, infusing=True))),
    (Code.PUMP_ALARM, _pump_says(lambda pump: attrs.evolve(pump, infusing=False, alarm=OCCLUSION))),
    (Code.TRANSDUCER_REFUSED, _refused(Channel.TRANSDUCER)),
    (Code.FRAME_REFUSED, _other_geometry),
    (Code.GUARD_HOT, _guards(GuardHeat.HOT)),
    (Code.GUARD_DOSE, _guards(GuardHeat.DOSED)),
    (Code.CLOCK_JUMPED, _time_goes_back),
    (Code.PATIENT_STOP, _stop_open),
    (Code.OFF_NOT_CONFIRMED, _not_confirmed),
)


def asked_by(state: SessionState, event: Event) -> tuple[Response | None, frozenset[Code]]:
    """The worst response that the core's checks would ask for upon an event, and the faults that ask for any."""
    seen = observe(state, event)
    causes = failing(examine(seen))
    watched = frozenset(code for code in causes if seen.phases.session in code.value.watched_in)
    return max((code.value.response for code in watched), default=None), watched


def provoke(room: PuppetRoom, state: SessionState, shown: Shown, response: Response) -> tuple[Code, Event]:
    """A fault of this response, and the event that raises it. `shown`: what images show otherwise.

    Raises NoSuchFault.
    """
    session = state.phases.session
    for code, make in CANDIDATES:
        if code.value.response is not response or session not in code.value.watched_in:
            continue
        event = make(room, state, shown)
        worst, watched = asked_by(state, event)
        if worst is response and code in watched:
            if code is Code.PUMP_ALARM:
                room.pump.set_alarm(OCCLUSION)
            return code, event
    raise NoSuchFault(f"no fault of this response can be raised at once in {session.value}")
