"""What calibration keeps beside the mean image, so that every later image can be matched against it.

Made once, from the baseline images themselves, which are then let go.
"""

from itertools import pairwise
from math import isfinite

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.plan.values import Plan, Vigilance
from syntherm.core.thermometry.baseline import Baseline, unrest
from syntherm.core.thermometry.breathing import Modes, breath_field, learn_modes
from syntherm.core.thermometry.drift import basis, drift_of, fit_reference
from syntherm.core.thermometry.motion import Matcher, displaced, matcher, thinned
from syntherm.core.thermometry.neighbours import bend, box_sum, grown, turn
from syntherm.core.thermometry.prfs import degC_per_radian, phase_difference, turned_back
from syntherm.core.thermometry.regions import Indices, Layout
from syntherm.core.thermometry.validity import NOISE_FLOOR_SNR

Rows = NDArray[np.float32]
Mask = NDArray[np.bool_]
_POOL = (2, 2, 0)
_TUBE_WALL = (2, 2, 0)
_MOST_QUIET = 6000
_FEWEST_IMAGES = 3
_SD_PER_MAD = 1.4826


@attrs.frozen(eq=False)
class Anchor:
    """The unheated patient, ready to be matched.

    `size`: magnitude of the reference; `columns`: the drift's basis; both of all voxels. `quiet`: voxels of sound
    signal, far from the target, and `quiet_weight` one over their phase noise in one image. `along_rad_per_mm`,
    `smooth_rad_per_mm`, `bend` [3, voxels]: the reference's phase slope, the same pooled, and the relative second
    difference of its signal. `fat`: each voxel's fraction, and `near` how many voxels lie within fat's reach of it.
    `restless`: SD between one quiet image and the next, over what noise explains. `last_rad`: what the last but one
    baseline image left, for the last one is measured, too.
    """

    body: Matcher
    tubes: Matcher | None
    size: Rows
    columns: NDArray[np.float64]
    tube_voxels: Indices
    quiet: Indices
    quiet_weight: Rows
    modes: Modes
    along_rad_per_mm: Rows
    smooth_rad_per_mm: Rows
    bend: Rows
    fat: Rows
    near: Rows
    restless: float
    last_rad: Rows


def reach_of(distance_mm: float, voxel_mm: tuple[float, float, float]) -> tuple[int, int, int]:
    """Whole voxels within a distance along each axis."""
    x, y, z = (int(distance_mm / spacing) for spacing in voxel_mm)
    return x, y, z


def make_anchor(
    images: tuple[ComplexVolume, ...], baseline: Baseline, fat: Rows, layout: Layout, plan: Plan, watching: Vigilance
) -> tuple[Baseline, Anchor] | None:
    """The anchor, and the baseline with the unrest that breathing's modes leave; None if there is nothing to match."""
    shape, voxel_mm = baseline.reference.shape, plan.scanner.voxel_mm
    size = np.abs(baseline.reference).reshape(-1).astype(np.float32)
    far, tube = _far(plan, layout, watching), _tube(layout, shape)
    bright = size >= NOISE_FLOOR_SNR * baseline.noise
    sound = (size >= plan.limits.min_snr * baseline.noise) & (fat <= plan.limits.max_fat_fraction)
    body = _learned(images, baseline, np.flatnonzero(bright & far & ~tube & _inner(shape)), voxel_mm, watching)
    quiet = thinned(np.flatnonzero(sound & far & ~tube), _MOST_QUIET)
    left, pooled, fields, fit_rad2 = _residuals(images, baseline, layout, sound)
    if body is None or len(quiet) == 0 or len(left) < _FEWEST_IMAGES:
        return None
    tube_voxels = np.flatnonzero(tube)
    weight = (size[quiet] / np.float32(baseline.noise)).astype(np.float32)
    noise_rad2 = baseline.noise**2 / np.maximum(_pooled(size**2, shape), 1e-12)
    floor_rad = abs(watching.breathing_floor_degC / degC_per_radian(plan.scanner))
    modes = learn_modes(pooled, fields, noise_rad2.astype(np.float32), quiet, layout.target.voxels, floor_rad)
    if modes.corrected:
        left = left - np.asarray([breath_field(modes, field - modes.usual) for field in fields])
    slopes = _slopes(baseline.reference, voxel_mm)
    return attrs.evolve(baseline, excess_rad2=unrest(left, size, baseline, fit_rad2)), Anchor(
        body=body,
        tubes=_learned(images, baseline, np.flatnonzero(tube & bright), voxel_mm, watching),
        size=size,
        columns=basis(layout.points_mm),
        tube_voxels=tube_voxels,
        quiet=quiet,
        quiet_weight=weight,
        modes=modes,
        along_rad_per_mm=slopes[0],
        smooth_rad_per_mm=slopes[1],
        bend=_bends(baseline, size),
        fat=fat,
        near=_count(shape, reach_of(watching.fat_reach_mm, voxel_mm)),
        restless=_restless(left[:, quiet], weight),
        last_rad=left[-2, quiet].astype(np.float32),
    )


def _far(plan: Plan, layout: Layout, watching: Vigilance) -> Mask:
    radii_mm = np.asarray(plan.target.radii_mm) + watching.matching_margin_mm
    apart = (layout.points_mm - np.asarray(plan.target.centre_mm)) / radii_mm
    return np.asarray((apart * apart).sum(axis=1) > 1.0)


def _tube(layout: Layout, shape: tuple[int, ...]) -> Mask:
    """Reference voxels and a little beyond: their walls say where they are."""
    inside = np.zeros(int(np.prod(shape)), dtype=np.bool_)
    inside[layout.reference] = True
    return grown(inside.reshape(shape), _TUBE_WALL).reshape(-1)


def _inner(shape: tuple[int, ...]) -> Mask:
    """Not at the volume's faces, across which nobody sees; an axis of fewer than five voxels keeps them."""
    inner = np.ones(shape, dtype=np.bool_)
    for axis, count in enumerate(shape):
        if count >= 5:
            edge = np.moveaxis(inner, axis, 0)
            edge[0], edge[-1] = False, False
    return inner.reshape(-1)


def _learned(
    images: tuple[ComplexVolume, ...], baseline: Baseline, voxels: Indices, voxel_mm: tuple[float, float, float],
    watching: Vigilance,
) -> Matcher | None:  # fmt: skip
    """A matcher whose residual is what the baseline's own images usually leave; None where they do not match."""
    known = matcher(baseline.reference, voxels, baseline.noise, voxel_mm)
    if known is None:
        return None
    misfits = [displaced(known, baseline.reference, np.abs(image).reshape(-1), watching).misfit for image in images]
    usual = float(np.median(misfits))
    return attrs.evolve(known, residual=known.residual * usual) if isfinite(usual) else None


def _residuals(
    images: tuple[ComplexVolume, ...], baseline: Baseline, layout: Layout, usable: Mask
) -> tuple[Rows, Rows, NDArray[np.float64], Rows]:
    """Phase of each image that drift leaves, per voxel and pooled over neighbours, and the drift's coefficients.

    Last the mean variance of the fits, per voxel. An image without a fit is left out.
    """
    single, pooled, fields, fit_rad2 = [], [], [], np.zeros(usable.shape, dtype=np.float32)
    everywhere = basis(layout.points_mm)
    for image in images:
        product = phase_difference(image, baseline.reference)
        fit = fit_reference(product, layout, usable)
        if fit is not None:
            drift = drift_of(fit, everywhere)
            fit_rad2 += drift.variance_rad2 / np.float32(len(images))
            back = turned_back(product, drift.field_rad.reshape(image.shape))
            single.append(np.angle(back).reshape(-1))
            pooled.append(np.angle(box_sum(back, _POOL)).reshape(-1))
            fields.append(fit.field)
    return np.asarray(single, np.float32), np.asarray(pooled, np.float32), np.asarray(fields, np.float64), fit_rad2


def _pooled(values: Rows, shape: tuple[int, ...]) -> Rows:
    return np.asarray(box_sum(values.reshape(shape), _POOL).reshape(-1), dtype=np.float32)


def _count(shape: tuple[int, ...], reach: tuple[int, int, int]) -> Rows:
    return np.asarray(box_sum(np.ones(shape, dtype=np.float32), reach).reshape(-1), dtype=np.float32)


def _slopes(reference: ComplexVolume, voxel_mm: tuple[float, float, float]) -> tuple[Rows, Rows]:
    single, pooled = [], []
    for axis, spacing in enumerate(voxel_mm):
        product = turn(reference, axis)
        steps = np.full(reference.shape[axis], 2.0 * spacing, dtype=np.float32)
        steps[[0, -1]] = spacing
        per_mm = 1.0 / steps.reshape([-1 if a == axis else 1 for a in range(3)])
        single.append((np.angle(product) * per_mm).reshape(-1))
        pooled.append((np.angle(box_sum(product, _POOL)) * per_mm).reshape(-1))
    return np.asarray(single, dtype=np.float32), np.asarray(pooled, dtype=np.float32)


def _bends(baseline: Baseline, size: Rows) -> Rows:
    floor = np.maximum(size, np.float32(baseline.noise))
    return np.asarray([bend(baseline.reference, axis).reshape(-1) / floor for axis in range(3)], dtype=np.float32)


def _restless(left: Rows, weight: Rows) -> float:
    """Median over pairs of successive images of their robust scatter, 1 if noise alone."""
    scatters = [scatter(after - before, weight) for before, after in pairwise(left)]
    return float(np.median(scatters))


def scatter(difference_rad: Rows, weight: Rows) -> float:
    """Robust SD of the difference of two images, over that of their noise."""
    scaled = difference_rad * weight
    return float(_SD_PER_MAD * np.median(np.abs(scaled - np.median(scaled))) / np.sqrt(2.0))
