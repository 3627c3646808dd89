"""Taking in images where the plan has thermometry watch itself; without that table, as earlier releases did."""

from math import sqrt

import attrs

from syntherm.core.bounds import Bounded
from syntherm.core.events import ComplexVolume, FrameReceived
from syntherm.core.plan.values import Plan, Vigilance
from syntherm.core.state import SessionState, Thermometry
from syntherm.core.thermometry.anchor import make_anchor
from syntherm.core.thermometry.balance import booked, looked, responded, running
from syntherm.core.thermometry.baseline import Baseline
from syntherm.core.thermometry.regions import Region
from syntherm.core.thermometry.thermometer import Map, Thermal, measure
from syntherm.core.thermometry.validity import Reason
from syntherm.core.thermometry.watched import Quality, Unmatched, remember, watch
from syntherm.core.vocabulary import Energy


def kept(state: SessionState, frame: FrameReceived, *, added: bool) -> tuple[ComplexVolume, ...]:
    """The baseline images so far; none where the plan does not ask for them. Their number is the plan's."""
    images = state.thermometry.images
    return (*images, frame.volume) if added and state.plan.thermometry is not None else images


def measured(
    state: SessionState, frame: FrameReceived, baseline: Baseline, fat: Map
) -> tuple[Thermometry, Thermal | None]:
    """The image's temperatures, if it has any, and what is known of the thermometry after it."""
    known, plan = state.thermometry, state.plan
    if plan.thermometry is None:
        return known, measure(frame.volume, baseline, fat, state.layout, plan, known.last)
    if known.images:
        known, baseline = _anchored(known, baseline, fat, state, plan.thermometry)
    if known.anchor is None or known.memory is None:
        return attrs.evolve(known, quality=Quality(Unmatched.NO_BASELINE)), None
    seen = watch(
        frame.volume, baseline, known.anchor, known.memory, fat, state.layout, plan, plan.thermometry, known.last
    )
    return attrs.evolve(known, quality=seen.quality, memory=seen.memory), seen.thermal


def _anchored(
    known: Thermometry, baseline: Baseline, fat: Map, state: SessionState, watching: Vigilance
) -> tuple[Thermometry, Baseline]:
    """Made once, as soon as the baseline and the fat map are known; the images are let go."""
    made = make_anchor(known.images, baseline, fat, state.layout, state.plan, watching)
    if made is None:
        return attrs.evolve(known, images=()), baseline
    better, anchor = made
    return attrs.evolve(known, images=(), baseline=better, anchor=anchor, memory=remember(anchor)), better


def balanced(state: SessionState, frame: FrameReceived) -> SessionState:
    """The state with the energy lent until the image, and the rise that the image shows, in the balance."""
    watching, known = state.plan.thermometry, state.thermometry
    if watching is None or known.baseline is None:
        return state
    balance = booked(known.balance, state.beam.loans, frame.acquired_s, watching)
    if known.thermal is not None:
        balance = looked(balance, _rise(known.thermal, state.layout.target, state.plan), watching)
    if state.phases.energy is Energy.TEST and _sounds(state, frame.acquired_s):
        balance = responded(balance)
    beam = attrs.evolve(state.beam, loans=running(state.beam.loans, frame.acquired_s))
    return attrs.evolve(state, beam=beam, thermometry=attrs.evolve(known, balance=balance))


def _sounds(state: SessionState, acquired_s: float) -> bool:
    """Whether the image shows the first shot: where it is over, heat leaves, and a joule would seem to do less."""
    trial = state.beam.trial
    return trial is None or (bool(trial.first) and acquired_s <= trial.first[-1].until_s)


def _rise(thermal: Thermal, target: Region, plan: Plan) -> Bounded:
    """The target's mean rise, degC, with bounds of its own noise: what neighbours share is in every image alike."""
    valid = target.voxels[thermal.validity[target.voxels] == Reason.VALID]
    if len(valid) == 0:
        return Bounded(0.0, -float("inf"), float("inf"))
    mean = float(thermal.temperature_degC[valid].mean(dtype="float64")) - plan.heating.baseline_degC
    own2 = thermal.uncertainty_degC[valid].astype("float64") ** 2 - thermal.common_degC[valid].astype("float64") ** 2
    half = plan.limits.coverage_factor * sqrt(float(own2.sum())) / len(valid)
    return Bounded(mean, mean - half, mean + half)
