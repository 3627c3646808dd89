"""Taking in any event: time first, then what it shows."""

import attrs

from syntherm.core.events import ChannelFailed, EquipmentPolled, Event, FatMapReceived, FrameReceived, Restarted
from syntherm.core.observe.clock_back import told_by_now
from syntherm.core.observe.covering import foreseen
from syntherm.core.observe.drug import follow_drug
from syntherm.core.observe.equipment import see_failure, see_poll
from syntherm.core.observe.images import see_fat_map, see_frame
from syntherm.core.observe.range_clock import lost
from syntherm.core.state import SessionState
from syntherm.core.table import ENERGISED


def observe(state: SessionState, event: Event) -> SessionState:
    """The state with the event taken in: time, image, temperatures, dose, equipment, drug."""
    return follow_drug(state, foreseen(_taken_in(state, event), event), event.at_s)


def _taken_in(state: SessionState, event: Event) -> SessionState:
    before_s = state.at_s
    jumped = 0.0 if before_s is None else event.at_s - before_s
    heated = max(jumped, 0.0) if state.phases.session in ENERGISED else 0.0
    beam = attrs.evolve(state.beam, heating_s=state.beam.heating_s + heated)
    state = attrs.evolve(state, at_s=event.at_s, jumped_s=jumped, beam=beam)
    if jumped < 0.0:
        state = told_by_now(state, event.at_s)
    if isinstance(event, FrameReceived):
        return see_frame(state, event)
    if isinstance(event, EquipmentPolled):
        return see_poll(state, event)
    if isinstance(event, FatMapReceived):
        return see_fat_map(state, event)
    if isinstance(event, ChannelFailed):
        return attrs.evolve(state, equipment=see_failure(state.equipment, event))
    if isinstance(event, Restarted):
        # The gap is the crash itself, which ABORT answers; it is not a clock that jumped. Nobody saw the range in it.
        clock = lost(state.range_clock, event.at_s)
        return attrs.evolve(state, jumped_s=0.0, range_clock=clock)
    return state  # An operator's act shows nothing new: the table answers it.
