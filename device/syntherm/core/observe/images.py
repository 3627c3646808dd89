"""Taking in images: defects, learning, temperatures, dose, and what a test sonication shows."""

import attrs

from syntherm.core import dose as cem43
from syntherm.core.events import FatMapReceived, FrameReceived
from syntherm.core.observe.defects import FROZEN, defect_of
from syntherm.core.observe.range_clock import gained, in_range, known_until_s, lost
from syntherm.core.observe.testing import tested
from syntherm.core.observe.watching import balanced, kept, measured
from syntherm.core.state import SessionState, Thermometry
from syntherm.core.table import ENERGISED
from syntherm.core.thermometry import baseline as learning
from syntherm.core.thermometry.regions import geometry_of
from syntherm.core.thermometry.summary import summarise
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.vocabulary import Calibration, Energy


def see_frame(state: SessionState, frame: FrameReceived) -> SessionState:
    """The state with an image taken in: learned from, or measured, or named as defective."""
    defect = defect_of(frame, state.imaging, state.plan)
    if defect is not None:
        imaging = attrs.evolve(state.imaging, defect=defect, frozen=defect == FROZEN)
        return attrs.evolve(state, imaging=imaging)
    before_s = state.imaging.acquired_s
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
    return balanced(_after_temperatures(seen, frame, before_s), frame)


def _learned(state: SessionState, frame: FrameReceived) -> Thermometry:
    known = state.thermometry
    so_far = known.learning
    more = learning.start(frame.volume) if so_far is None else learning.learn(so_far, frame.volume, state.layout)
    images = kept(state, frame, added=so_far is None or more is not so_far)
    if more.count < state.plan.calibration.baseline_frames:
        return attrs.evolve(known, learning=more, images=images)
    return attrs.evolve(known, learning=None, baseline=learning.finish(more), images=images)


def _temperatures(state: SessionState, frame: FrameReceived) -> Thermometry:
    known, k = state.thermometry, state.plan.limits.coverage_factor
    if known.baseline is None or state.imaging.fat_fraction is None:
        return known
    known, thermal = measured(state, frame, known.baseline, state.imaging.fat_fraction)
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


def _after_temperatures(state: SessionState, frame: FrameReceived, before_s: float | None) -> SessionState:
    clock, beam, plan = state.range_clock, state.beam, state.plan
    elapsed_s = 0.0 if before_s is None else frame.acquired_s - before_s
    if state.phases.session in ENERGISED and in_range(state.thermometry.target, plan):
        # Where nobody looked for too long, in range was not known in between.
        clock = gained(clock, elapsed_s, unbroken=elapsed_s <= plan.limits.frame_age_s)
    elif clock.in_range:
        clock = lost(clock, known_until_s(frame.at_s, before_s, plan))
    thermal: Thermal | None = state.thermometry.thermal
    if state.phases.energy is Energy.TEST and beam.test_since_s is not None and thermal is not None:
        beam = tested(state, thermal, frame.acquired_s, beam.test_since_s)
    return attrs.evolve(state, range_clock=clock, beam=beam)


def see_fat_map(state: SessionState, event: FatMapReceived) -> SessionState:
    """The state with the anatomical scan's fat map taken in, or named as defective."""
    if event.geometry != geometry_of(state.plan) or event.fat_fraction.shape != event.geometry.matrix:
        imaging = attrs.evolve(state.imaging, defect="fat map differs from the plan's geometry")
    elif not bool(((event.fat_fraction >= 0.0) & (event.fat_fraction <= 1.0)).all()):
        imaging = attrs.evolve(state.imaging, defect="fat map holds numbers that are no fractions")
    else:
        imaging = attrs.evolve(state.imaging, fat_fraction=event.fat_fraction.reshape(-1))
    return attrs.evolve(state, imaging=imaging)
