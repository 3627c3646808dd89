"""Taking in what devices say of themselves, and what they did not confirm."""

import attrs

from syntherm.core.drug.ledger import book
from syntherm.core.events import ChannelFailed, EquipmentPolled
from syntherm.core.observe.range_clock import aged
from syntherm.core.state import Beam, Equipment, SessionState
from syntherm.core.vocabulary import Infusion, Session


def see_poll(state: SessionState, poll: EquipmentPolled) -> SessionState:
    """The state with a look at all devices taken in: reports, stop path, drug."""
    seen = attrs.evolve(_answered(state.equipment, poll), refused=None)
    # This look's own report: one kept from before the reset is no press.
    if state.phases.session is Session.SETUP and poll.stop_loop is not None and not poll.stop_loop.closed:
        seen = attrs.evolve(seen, seen_open=True)
    ledger, pump, before_s = state.ledger, poll.pump, state.equipment.pump_s
    if pump is not None:
        if pump.infusing or pump.pumped_ml > ledger.pumped_ml:
            elapsed_s = 0.0 if before_s is None else poll.at_s - before_s
            ledger = book(ledger, pump.pumped_ml, elapsed_s, state.range_clock.in_range, state.plan.prescription)
        seen = _pump_started(seen, state, poll)
    beam = _sounded(state.beam, poll)
    return attrs.evolve(state, equipment=seen, ledger=ledger, beam=beam, range_clock=aged(state, poll.at_s))


def _sounded(beam: Beam, poll: EquipmentPolled) -> Beam:
    # Output heats tissue, lent or not: it needs the same time to settle.
    report, last_s = poll.transducer, beam.last_energy_s
    if report is None or not report.output_on or (last_s is not None and last_s >= poll.at_s):
        return beam
    return attrs.evolve(beam, last_energy_s=poll.at_s)


def _answered(was: Equipment, poll: EquipmentPolled) -> Equipment:
    # A device that did not answer leaves its last report, whose age then tells.
    if poll.transducer is not None:
        was = attrs.evolve(was, transducer=poll.transducer, transducer_s=poll.at_s)
    if poll.pump is not None:
        was = attrs.evolve(was, pump=poll.pump, pump_s=poll.at_s)
    if poll.stop_loop is not None:
        was = attrs.evolve(was, stop_loop=poll.stop_loop, stop_loop_s=poll.at_s)
    return was


def _pump_started(equipment: Equipment, state: SessionState, poll: EquipmentPolled) -> Equipment:
    """When and from which count the pump has been running without a break, to measure its true rate."""
    pump = equipment.pump
    if pump is None or not pump.infusing or state.phases.infusion is not Infusion.INFUSING:
        return attrs.evolve(equipment, infusing_since_s=None)
    if equipment.infusing_since_s is None:
        return attrs.evolve(equipment, infusing_since_s=poll.at_s, infusing_from_ml=pump.pumped_ml)
    return equipment


def see_failure(was: Equipment, failure: ChannelFailed) -> Equipment:
    """The equipment with a command that was not confirmed."""
    if failure.falling:
        return attrs.evolve(was, unconfirmed=f"{failure.channel.value}: {failure.detail}")
    # A loan that was not taken is not out: nothing flows that would have to be taken away.
    return attrs.evolve(was, refused=failure.channel)
