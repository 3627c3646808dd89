"""Taking in an event: what is now known. No decision is made here, and nothing is trusted that was not seen."""

import attrs
import numpy as np

from syntherm.core import dose as cem43
from syntherm.core.calibration import find_focus
from syntherm.core.drug.ledger import book
from syntherm.core.events import (
    ChannelFailed,
    EquipmentPolled,
    Event,
    FatMapReceived,
    FrameReceived,
    Restarted,
)
from syntherm.core.plan.values import Plan
from syntherm.core.state import Equipment, Imaging, RangeClock, SessionState, Thermometry
from syntherm.core.table import ENERGISED
from syntherm.core.thermometry import baseline as learning
from syntherm.core.thermometry.regions import geometry_of
from syntherm.core.thermometry.summary import Summary, summarise
from syntherm.core.thermometry.thermometer import Thermal, measure
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session

_RELATIVE_TOLERANCE = 1e-3


def defect_of(frame: FrameReceived, imaging: Imaging, plan: Plan) -> str | None:
    """What is wrong with a frame, or None. A defective frame is recorded and used for nothing."""
    scanner = plan.scanner
    if frame.geometry != geometry_of(plan) or frame.volume.shape != frame.geometry.matrix:
        return "geometry differs from the plan"
    if not abs(frame.field_T - scanner.field_T) <= _RELATIVE_TOLERANCE * scanner.field_T:
        return "field strength differs from the plan"
    if not abs(frame.echo_time_ms - scanner.echo_time_ms) <= _RELATIVE_TOLERANCE * scanner.echo_time_ms:
        return "echo time differs from the plan"
    if not bool(np.isfinite(frame.volume).all()):
        return "image holds numbers that are not finite"
    if not 0.0 <= frame.at_s - frame.acquired_s <= plan.limits.frame_age_s:
        return "image is older than the plan allows, or from the future"
    return _out_of_order(frame, imaging)


def _out_of_order(frame: FrameReceived, imaging: Imaging) -> str | None:
    if imaging.acquired_s is not None and not frame.acquired_s > imaging.acquired_s:
        return "image was acquired no later than the one before it"
    if imaging.sequence is None:
        return None
    if frame.sequence <= imaging.sequence:
        return "image number repeats or goes back"
    if imaging.volume is not None and np.array_equal(frame.volume, imaging.volume):
        return "image repeats the one before it, bit for bit"
    return None


def _in_range(target: Summary | None, plan: Plan) -> bool:
    if target is None or target.valid_fraction < plan.limits.target_min_valid_fraction:
        return False
    heating = plan.heating
    return target.cold90.lower >= heating.range_cold90_min_degC and target.hot10.upper <= heating.range_hot10_max_degC


def run_clock(clock: RangeClock, in_range: bool, at_s: float, elapsed_s: float) -> RangeClock:
    """Time in range grows only between two looks that were both in range."""
    if not in_range:
        lost = at_s if clock.out_since_s is None else clock.out_since_s
        return attrs.evolve(clock, in_range=False, dwell_s=0.0, out_since_s=lost)
    gained = elapsed_s if clock.in_range else 0.0
    return RangeClock(True, clock.dwell_s + gained, clock.total_s + gained, None)


def _temperatures(state: SessionState, frame: FrameReceived) -> Thermometry:
    known, plan, k = state.thermometry, state.plan, state.plan.limits.coverage_factor
    if known.baseline is None or state.imaging.fat_fraction is None:
        return known
    thermal = measure(frame.volume, known.baseline, state.imaging.fat_fraction, state.layout, plan, known.last)
    if thermal is None:
        return attrs.evolve(known, thermal=None, target=None, guards=())
    dose = known.dose
    return attrs.evolve(
        known,
        thermal=thermal,
        last=thermal,
        target=summarise(state.layout.target, thermal, k),
        guards=tuple(summarise(guard, thermal, k) for guard in state.layout.guards),
        dose=cem43.begin(frame.at_s, thermal, k) if dose is None else cem43.accumulate(dose, frame.at_s, thermal, k),
    )


def _learned(state: SessionState, frame: FrameReceived) -> Thermometry:
    known = state.thermometry
    so_far = known.learning
    more = learning.start(frame.volume) if so_far is None else learning.learn(so_far, frame.volume, state.layout)
    if more.count < state.plan.calibration.baseline_frames:
        return attrs.evolve(known, learning=more)
    return attrs.evolve(known, learning=None, baseline=learning.finish(more))


def _frame(state: SessionState, frame: FrameReceived) -> SessionState:
    defect = defect_of(frame, state.imaging, state.plan)
    if defect is not None:
        frozen = "bit for bit" in defect
        return attrs.evolve(state, imaging=attrs.evolve(state.imaging, defect=defect, frozen=frozen))
    before_s = state.imaging.acquired_s
    elapsed_s = 0.0 if before_s is None else frame.acquired_s - before_s
    imaging = attrs.evolve(
        state.imaging,
        sequence=frame.sequence,
        acquired_s=frame.acquired_s,
        volume=frame.volume,
        defect=None,
        frozen=False,
    )
    if state.phases.calibration is Calibration.BASELINE and state.thermometry.baseline is None:
        state = attrs.evolve(state, thermometry=_learned(state, frame))
    seen = attrs.evolve(state, imaging=imaging, thermometry=_temperatures(state, frame))
    return _after_temperatures(seen, frame, elapsed_s)


def _after_temperatures(state: SessionState, frame: FrameReceived, elapsed_s: float) -> SessionState:
    clock, beam, plan = state.range_clock, state.beam, state.plan
    heating = state.phases.session in ENERGISED
    if heating or clock.in_range:
        in_range = heating and _in_range(state.thermometry.target, plan)
        clock = run_clock(clock, in_range, frame.at_s, elapsed_s)
    thermal: Thermal | None = state.thermometry.thermal
    if state.phases.energy is Energy.TEST and beam.test_since_s is not None and thermal is not None:
        # Only what was delivered before the image was acquired can have warmed what it shows.
        seen_J = plan.calibration.test_power_W * max(frame.acquired_s - beam.test_since_s, 0.0)
        beam = attrs.evolve(beam, pending=find_focus(thermal, state.layout, plan, min(seen_J, beam.test_energy_J)))
    return attrs.evolve(state, range_clock=clock, beam=beam)


def _polled(state: SessionState, poll: EquipmentPolled) -> SessionState:
    seen = attrs.evolve(_answered(state.equipment, poll), refused=None)
    if state.phases.session is Session.SETUP and seen.stop_loop is not None and not seen.stop_loop.closed:
        seen = attrs.evolve(seen, seen_open=True)
    ledger, pump, before_s = state.ledger, poll.pump, state.equipment.pump_s
    if pump is not None:
        if pump.infusing or pump.pumped_ml > ledger.pumped_ml:
            elapsed_s = 0.0 if before_s is None else poll.at_s - before_s
            ledger = book(ledger, pump.pumped_ml, elapsed_s, state.range_clock.in_range, state.plan.prescription)
        seen = _pump_started(seen, state, poll)
    return attrs.evolve(state, equipment=seen, ledger=ledger, range_clock=_aged(state, poll.at_s))


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


def _aged(state: SessionState, at_s: float) -> RangeClock:
    # Without a fresh image, in range is not known, and not known is out.
    acquired_s = state.imaging.acquired_s
    heating = state.phases.session in ENERGISED
    if heating and (acquired_s is None or at_s - acquired_s > state.plan.limits.frame_age_s):
        return run_clock(state.range_clock, False, at_s, 0.0)
    return state.range_clock


def _failed(was: Equipment, failure: ChannelFailed) -> Equipment:
    if failure.falling:
        return attrs.evolve(was, unconfirmed=f"{failure.channel.value}: {failure.detail}")
    # A loan that was not taken is not out: nothing flows that would have to be taken away.
    return attrs.evolve(was, refused=failure.channel)


def _fat_map(state: SessionState, event: FatMapReceived) -> SessionState:
    if event.geometry != geometry_of(state.plan) or event.fat_fraction.shape != event.geometry.matrix:
        imaging = attrs.evolve(state.imaging, defect="fat map differs from the plan's geometry")
    elif not bool(((event.fat_fraction >= 0.0) & (event.fat_fraction <= 1.0)).all()):
        imaging = attrs.evolve(state.imaging, defect="fat map holds numbers that are no fractions")
    else:
        imaging = attrs.evolve(state.imaging, fat_fraction=event.fat_fraction.reshape(-1))
    return attrs.evolve(state, imaging=imaging)


def observe(state: SessionState, event: Event) -> SessionState:
    """The state with the event taken in: time, image, temperatures, dose, equipment, drug."""
    before_s = state.at_s
    jumped = 0.0 if before_s is None else event.at_s - before_s
    heated = max(jumped, 0.0) if state.phases.session in ENERGISED else 0.0
    beam = attrs.evolve(state.beam, heating_s=state.beam.heating_s + heated)
    state = attrs.evolve(state, at_s=event.at_s, jumped_s=jumped, beam=beam)
    if isinstance(event, FrameReceived):
        return _frame(state, event)
    if isinstance(event, EquipmentPolled):
        return _polled(state, event)
    if isinstance(event, FatMapReceived):
        return _fat_map(state, event)
    if isinstance(event, ChannelFailed):
        return attrs.evolve(state, equipment=_failed(state.equipment, event))
    if isinstance(event, Restarted):
        # The gap is the crash itself, which ABORT answers; it is not a clock that jumped. Nobody saw the range in it.
        clock = run_clock(state.range_clock, False, event.at_s, 0.0)
        return attrs.evolve(state, jumped_s=0.0, range_clock=clock)
    return state  # An operator's act shows nothing new: the table answers it.
