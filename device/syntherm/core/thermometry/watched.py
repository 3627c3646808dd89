"""One image to one temperature map, watched: where it lies, how it breathes, how it differs from the one before.

image -> displacement -> reference moved along -> phase -> drift -> breathing -> temperature -> uncertainty.
An image that cannot be matched shows no temperature, and its name says why.
"""

from enum import Enum, unique
from math import hypot, sqrt

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.plan.values import Plan, Vigilance
from syntherm.core.thermometry.anchor import Anchor, scatter
from syntherm.core.thermometry.baseline import Baseline
from syntherm.core.thermometry.breathing import breath_field
from syntherm.core.thermometry.doubt import doubt_of
from syntherm.core.thermometry.drift import Drift, drift_of, fit_reference
from syntherm.core.thermometry.motion import (
    STILL,
    Displacement,
    Offset,
    Placing,
    displaced,
    moved,
    placing_of,
)
from syntherm.core.thermometry.prfs import degC_per_radian, phase_difference
from syntherm.core.thermometry.regions import Layout
from syntherm.core.thermometry.thermometer import Map, Thermal, rise_of, seen, shown
from syntherm.core.thermometry.validity import Reason, Validity

_TURN = np.float32(2.0 * np.pi)
_STANDS_CLEAR = 2.0
_SCATTER_OF_MAD = 1.17
"""Relative SD of an SD that is told from one median absolute deviation, times the root of its number."""


@unique
class Unmatched(Enum):
    """Why an image shows no temperature."""

    MOVED = "it has moved further than can be corrected"
    CHANGED = "it differs from the baseline by more than movement explains"
    BREATH = "it was taken in a breath that calibration has not seen"
    NO_BASELINE = "calibration left nothing to match it with"


@attrs.frozen
class Quality:
    """How an image compares with what calibration learned; what is not known of an unmatched one is None.

    `shift_mm`: of the whole image, as the reference regions show it. `breath_degC`: sudden field in them.
    `noise_ratio`: against calibration, from the image before. `field_degC`: sudden change of unheated tissue.
    """

    unmatched: Unmatched | None
    body: Displacement | None = None
    shift_mm: Offset = STILL
    breath_degC: float | None = None
    noise_ratio: float | None = None
    field_degC: float | None = None


@attrs.frozen(eq=False)
class Memory:
    """Of the quiet voxels: what changes slowly and by how much per image, and what the last matched image left.

    `field_rad` [4]: slow course of the reference regions' field. `unmatched`: images in a row that were not matched.
    """

    slow_rad: NDArray[np.float32]
    trend_rad: NDArray[np.float32]
    last_rad: NDArray[np.float32]
    field_rad: NDArray[np.float64]
    unmatched: int = 0


@attrs.frozen(eq=False)
class Watched:
    """What an image shows."""

    thermal: Thermal | None
    quality: Quality
    memory: Memory


def remember(anchor: Anchor) -> Memory:
    """The memory at the end of calibration."""
    nothing = np.zeros_like(anchor.last_rad)
    return Memory(nothing, nothing, anchor.last_rad, anchor.modes.usual)


def watch(
    volume: ComplexVolume, baseline: Baseline, anchor: Anchor, memory: Memory, fat: Map, layout: Layout, plan: Plan,
    watching: Vigilance, previous: Thermal | None,
) -> Watched:  # fmt: skip
    """Temperatures of `volume` with its quality; no temperature when it is unmatched or its drift cannot be fitted."""
    size = np.abs(volume).reshape(-1)
    body = displaced(anchor.body, baseline.reference, size, watching)
    tubes = None if anchor.tubes is None else displaced(anchor.tubes, baseline.reference, size, watching)
    quality = Quality(_mismatch(body, plan, watching), body, STILL if tubes is None else tubes.offset_mm)
    if quality.unmatched is not None:
        return Watched(None, quality, attrs.evolve(memory, unmatched=memory.unmatched + 1))
    placing = placing_of(body, tubes)
    product = phase_difference(volume, _placed(baseline, anchor, placing, quality.shift_mm, plan))
    validity = seen(size, anchor.size, baseline, fat, plan)
    fit = fit_reference(product, layout, validity == Reason.VALID)
    if fit is None:
        return Watched(None, quality, memory)
    drift = drift_of(fit, anchor.columns)
    angle = _turned(np.angle(product).reshape(-1), drift.field_rad, _staying(anchor, placing, watching))
    validity[~np.isfinite(angle)] = Reason.NOT_A_NUMBER
    apart, memory = _breath(fit.field, memory, plan, watching)
    breath_degC = abs(float(apart[0]) * degC_per_radian(plan.scanner))
    quality = attrs.evolve(quality, breath_degC=breath_degC)
    if not breath_degC <= breath_limit_degC(anchor, plan, watching):
        quality = attrs.evolve(quality, unmatched=Unmatched.BREATH)
        return Watched(None, quality, attrs.evolve(memory, unmatched=memory.unmatched + 1))
    taken = breath_field(anchor.modes, apart) if anchor.modes.corrected else None
    if taken is not None:
        angle = angle - taken
    quality, memory = _compared(quality, memory, angle[anchor.quiet], anchor, plan, watching)
    thermal = _shown(size, angle, validity, drift, baseline, anchor, quality, placing, taken, plan, watching, previous)
    return Watched(thermal, quality, memory)


def reach_mm(body: Displacement, plan: Plan) -> float:
    """Upper bound of the distance moved."""
    k = plan.limits.coverage_factor
    return hypot(*(abs(offset) + k * sd for offset, sd in zip(body.offset_mm, body.sd_mm, strict=True)))


def _mismatch(body: Displacement, plan: Plan, watching: Vigilance) -> Unmatched | None:
    if not (body.settled and reach_mm(body, plan) <= watching.motion_mm):
        return Unmatched.MOVED
    return None if body.misfit <= watching.misfit_ratio else Unmatched.CHANGED


def _placed(baseline: Baseline, anchor: Anchor, placing: Placing, shift: Offset, plan: Plan) -> ComplexVolume:
    """The reference where the image lies; the reference regions where they are, if the body moved against them."""
    if placing.offset_mm == STILL:
        return baseline.reference
    there = moved(baseline.reference, placing.offset_mm, plan.scanner.voxel_mm)
    if placing.own_mm != STILL:
        whole = tuple(0.0 if own != 0.0 else each for own, each in zip(placing.own_mm, placing.offset_mm, strict=True))
        x, y, z = whole
        tubes = moved(baseline.reference, (x, y, z), plan.scanner.voxel_mm)
        there = np.ascontiguousarray(there)
        there.reshape(-1)[anchor.tube_voxels] = tubes.reshape(-1)[anchor.tube_voxels]
    return there


def _staying(anchor: Anchor, placing: Placing, watching: Vigilance) -> NDArray[np.float32] | None:
    """What of the moved reference's phase belongs to the magnet and stays behind, rad; None for none."""
    if placing.own_mm == STILL:
        return None
    stays = np.float32(1.0 - watching.moving_phase_share) * np.asarray(placing.own_mm, dtype=np.float32)
    back = stays @ anchor.smooth_rad_per_mm
    back[anchor.tube_voxels] = 0.0
    return np.asarray(back, dtype=np.float32)


def _turned(
    angle: NDArray[np.float32], field_rad: NDArray[np.float32], more_rad: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """The phase less the fields, brought back within half a turn."""
    left = angle - field_rad if more_rad is None else angle - field_rad - more_rad
    return np.asarray(left - _TURN * np.rint(left / _TURN), dtype=np.float32)


def _breath(
    field: NDArray[np.float64], memory: Memory, plan: Plan, watching: Vigilance
) -> tuple[NDArray[np.float64], Memory]:
    """How far the reference's field is from its slow course, rad; and the memory, which follows the drift."""
    apart = field - memory.field_rad
    apart[0] -= 2.0 * np.pi * np.rint(apart[0] / (2.0 * np.pi))
    share = 1.0 - np.exp(-plan.scanner.frame_period_s / watching.drift_memory_s)
    return apart, attrs.evolve(memory, field_rad=memory.field_rad + share * apart)


def breath_limit_degC(anchor: Anchor, plan: Plan, watching: Vigilance) -> float:
    """The largest sudden field in the reference regions that counts as seen in calibration."""
    seen_degC = abs(anchor.modes.depth_rad * degC_per_radian(plan.scanner))
    return watching.breathing_range_factor * seen_degC + watching.breathing_floor_degC


def _compared(
    quality: Quality, memory: Memory, quiet_rad: NDArray[np.float32], anchor: Anchor, plan: Plan, watching: Vigilance
) -> tuple[Quality, Memory]:
    scale = degC_per_radian(plan.scanner)
    kept = np.exp(-plan.scanner.frame_period_s / watching.memory_s)
    expected = memory.slow_rad + memory.trend_rad
    apart = quiet_rad - expected
    quality = attrs.evolve(
        quality,
        noise_ratio=scatter(quiet_rad - memory.last_rad, anchor.quiet_weight) / max(anchor.restless, 1e-6),
        field_degC=abs(float(np.median(apart)) * scale),
    )
    # A tracker of level and trend, critically damped: heat that rises evenly is followed without a lag.
    level = expected + np.float32(1.0 - kept**2) * apart
    trend = memory.trend_rad + np.float32((1.0 - kept) ** 2) * apart
    slow, more = np.asarray(level, dtype=np.float32), np.asarray(trend, dtype=np.float32)
    return quality, Memory(slow, more, quiet_rad, memory.field_rad)


def _noisier(ratio: float | None, voxels: int) -> float:
    """The noise over the learned one, where it stands clear of its own scatter; 1 otherwise."""
    return ratio if ratio is not None and ratio > 1.0 + _STANDS_CLEAR * _SCATTER_OF_MAD / sqrt(voxels) else 1.0


def _shown(
    size: Map, angle: Map, validity: Validity, drift: Drift, baseline: Baseline, anchor: Anchor,
    quality: Quality, placing: Placing, taken: Map | None, plan: Plan, watching: Vigilance, previous: Thermal | None,
) -> Thermal:  # fmt: skip
    ratio = _noisier(quality.noise_ratio, len(anchor.quiet))
    rise = rise_of(angle, plan)
    noise2 = np.float32(baseline.noise**2)
    noise_degC2 = np.asarray(
        np.float32(degC_per_radian(plan.scanner) ** 2) * noise2 / np.maximum(size**2, noise2), np.float32
    )
    doubt = doubt_of(anchor, placing, taken, rise, validity, noise_degC2, ratio, plan, watching)
    return shown((size, anchor.size), angle, validity, drift, baseline, plan, previous, doubt)
