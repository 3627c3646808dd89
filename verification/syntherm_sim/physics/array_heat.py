"""Where the element array deposits its power: coherent about the focus, rays elsewhere.

In a box of 16 mm about the focus the elements' fields are summed at points a third of a millimetre apart (intensity
has no shorter wave than half a wavelength, 0.52 mm) and their intensity is averaged over each voxel. Further out only a
voxel's mean counts, and each element's power goes along rays: the part that a full surface would focus
(`BreastArray.filled`) straight to the focus, the rest over the disc's own far field. Rays lose power in the tissue they
cross. Aberration is a phase per element, normally distributed with variance -ln(focused fraction): so much of the peak
is left (Marechal). q = 2 alpha |s|^2, less what is scattered.

Limits: no refraction, reflection, standing waves, bone or non-linearity; the array stands at the height of the focus.
"""

import math
from typing import Final

import numpy as np
from attrs import frozen
from numpy.random import default_rng

from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.array import BreastArray
from syntherm_sim.physics.array_kernel import coherent, directivity, paths, shine
from syntherm_sim.physics.grid import F32, F64, FIRST_MM, SHAPE, SPACING_MM, Point, axis_mm

HALF_BOX: Final = (4, 4, 4)
FINE: Final = 6
RAYS_TO_FOCUS: Final = 16
RAYS_ASTRAY: Final = 96
WIDEST_RAD: Final = 0.5
STEP_MM: Final = 1.0
_GOLDEN_RAD: Final = math.pi * (3.0 - math.sqrt(5.0))
Box = tuple[slice, slice, slice]


@frozen(eq=False)
class Focus:
    """The field about the focus for 1 W: `heat_W_per_m3` at fine points within `box` of the lattice."""

    box: Box
    axes_mm: tuple[F64, F64, F64]
    heat_W_per_m3: F64


def focus_of(
    anatomy: Anatomy, aimed_mm: Point, array: BreastArray, fine: int = FINE, half: tuple[int, int, int] = HALF_BOX
) -> Focus:
    """The coherent field about a point, `fine` points per voxel and `half` voxels to each side along each axis."""
    box = _box(aimed_mm, half)
    within = ((np.arange(fine) + 0.5) / fine - 0.5) * SPACING_MM
    axes = tuple((axis_mm(axis)[part][:, None] + within).reshape(-1) for axis, part in enumerate(box))
    sources = array.sources((0.0, 0.0, aimed_mm[2]), aimed_mm, _aberration_rad(anatomy, array))
    sources[:, 6] *= math.sqrt(array.transmission)
    count = tuple(part.stop - part.start for part in box)
    passed = np.empty((array.elements, *count), dtype=np.float32)
    first = np.array([part.start for part in box], dtype=np.float64)
    alpha = anatomy.maps.attenuation_Np_per_m
    paths(alpha, _voxels(sources[:, :3]), first, STEP_MM / SPACING_MM, STEP_MM * 1e-3, passed)
    re, im = (np.zeros(tuple(n * fine for n in count)) for _ in range(2))
    coherent(re, im, np.concatenate(axes), fine, sources, passed, array.wavelength_mm, array.disc_mm / 2.0)
    local = alpha[box].astype(np.float64)
    for axis in range(3):
        local = np.repeat(local, fine, axis=axis)
    intensity_W_per_m2 = (re**2 + im**2) * 1e6
    return Focus(
        box, (axes[0], axes[1], axes[2]), 2.0 * local * anatomy.variation.absorbed_fraction * intensity_W_per_m2
    )


def array_heat_pattern(anatomy: Anatomy, aimed_mm: Point, array: BreastArray) -> F32:
    """As `acoustics.heat_pattern`, from the elements, about a point inside the lattice."""
    heat = rays_W(anatomy, aimed_mm, array) / (SPACING_MM * 1e-3) ** 3
    focus = focus_of(anatomy, aimed_mm, array)
    heat[focus.box] = voxel_means(focus.heat_W_per_m3, FINE)
    return np.asarray(heat, dtype=np.float32)


def voxel_means(fine_values: F64, fine: int) -> F64:
    """Mean over each voxel of values at its fine points."""
    nx, ny, nz = (count // fine for count in fine_values.shape)
    return np.asarray(fine_values.reshape(nx, fine, ny, fine, nz, fine).mean(axis=(1, 3, 5)))


def rays_W(anatomy: Anatomy, aimed_mm: Point, array: BreastArray) -> F64:
    """Heat of each voxel by rays alone, W for 1 W."""
    straight = array.filled * anatomy.variation.focused_fraction
    alpha = anatomy.maps.attenuation_Np_per_m.astype(np.float64)
    lost = np.asarray(-np.expm1(-2.0 * alpha * STEP_MM * 1e-3), dtype=np.float32)
    places = array.places_mm() + np.array([0.0, 0.0, aimed_mm[2]])
    power_W = array.transmission / array.elements
    rays = np.concatenate([
        _to_focus(places, np.asarray(aimed_mm), array, power_W * straight),
        _astray(places, array, aimed_mm[2], power_W * (1.0 - straight)),
    ])  # fmt: skip
    heat = np.zeros(SHAPE)
    reach = round(2.0 * array.radius_mm / STEP_MM)
    shine(heat, lost, anatomy.variation.absorbed_fraction, rays, reach, STEP_MM / SPACING_MM)
    return heat


def _to_focus(places: F64, aimed: F64, array: BreastArray, power_W: float) -> F64:
    disc = array.disc_mm / 2.0 * _spiral(RAYS_TO_FOCUS, np.sqrt((np.arange(RAYS_TO_FOCUS) + 0.5) / RAYS_TO_FOCUS))
    starts = (places[:, None, :] + _across(places / array.radius_mm, disc)).reshape(-1, 3)
    ways = aimed - starts
    return _rays(starts, ways / np.sqrt((ways**2).sum(axis=1))[:, None], power_W / RAYS_TO_FOCUS)


def _astray(places: F64, array: BreastArray, z_mm: float, power_W: float) -> F64:
    inward = -(places - np.array([0.0, 0.0, z_mm])) / array.radius_mm
    sines = _sines(array)
    aside = _across(inward, _spiral(RAYS_ASTRAY, sines))
    ways = inward[:, None, :] * np.sqrt(1.0 - sines**2)[None, :, None] + aside
    starts = np.broadcast_to(places[:, None, :], ways.shape).reshape(-1, 3)
    return _rays(starts, ways.reshape(-1, 3), power_W / RAYS_ASTRAY)


def _sines(array: BreastArray) -> F64:
    """Sines of the angles of rays of equal power in a disc's far field, up to about 29 degrees."""
    angle = (np.arange(2000) + 0.5) / 2000 * WIDEST_RAD
    at = math.pi * array.disc_mm / array.wavelength_mm * np.sin(angle)
    below = np.cumsum(np.array([directivity(float(x)) ** 2 for x in at]) * np.sin(angle))
    shares = (np.arange(RAYS_ASTRAY) + 0.5) / RAYS_ASTRAY
    return np.asarray(np.sin(np.interp(shares, below / below[-1], angle)))


def _spiral(count: int, radii: F64) -> F64:
    turn = _GOLDEN_RAD * np.arange(count)
    return np.stack([radii * np.cos(turn), radii * np.sin(turn)], axis=1)


def _across(normals: F64, flat: F64) -> F64:
    """Points of a disc [m, 2] laid across each normal [n, 3]: [n, m, 3]. No normal is along z."""
    first = np.stack([-normals[:, 1], normals[:, 0], np.zeros(len(normals))], axis=1)
    first /= np.sqrt((first**2).sum(axis=1))[:, None]
    second = np.cross(normals, first)
    return first[:, None, :] * flat[None, :, :1] + second[:, None, :] * flat[None, :, 1:]


def _rays(starts_mm: F64, ways: F64, power_W: float) -> F64:
    return np.ascontiguousarray(np.column_stack([_voxels(starts_mm), ways, np.full(len(ways), power_W)]))


def _voxels(places_mm: F64) -> F64:
    return np.ascontiguousarray((places_mm - np.array(FIRST_MM)) / SPACING_MM)


def _box(aimed_mm: Point, halves: tuple[int, int, int]) -> Box:
    parts = []
    for axis, half in enumerate(halves):
        middle = round((aimed_mm[axis] - FIRST_MM[axis]) / SPACING_MM + 0.5)
        parts.append(slice(max(0, middle - half), min(SHAPE[axis], middle + half)))
    return parts[0], parts[1], parts[2]


def _aberration_rad(anatomy: Anatomy, array: BreastArray) -> F64:
    spread = math.sqrt(math.log(1.0 / anatomy.variation.focused_fraction))
    return default_rng(array.elements).normal(0.0, spread, array.elements)
