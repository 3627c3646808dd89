"""Where a lateral ring of ultrasound elements deposits its power, analytically and with energy conserved.

Approximation. 256 elements on a lateral arc act as a fan of in-plane rays that all cross the focus: their density
falls as 1 / sqrt(rho^2 + a^2), with a set by the 2 mm voxel. In z each ray is Gaussian about the focal plane, with a
waist of the -6 dB focal height that opens linearly as the aperture does. Every ray loses 2 * attenuation per metre of
the tissue it really crosses; part of the loss is heat, the rest scattered. Part of the power is not focused
(aberration, sparse array): it crosses the breast as broad parallel beams.

Limits. No refraction, reflection, standing waves, side lobes, bone or non-linearity; the ring is taken to stand at
the height of the focus; scattered power is not followed; a focus finer than a voxel is shared among its neighbours.
The in-plane -6 dB width (2.1 mm class) is therefore the voxel's, not the array's.
"""

import math

import numpy as np
from attrs import evolve, frozen

from syntherm_sim.physics.acoustics_kernel import march
from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.array import BreastArray
from syntherm_sim.physics.array_heat import array_heat_pattern
from syntherm_sim.physics.grid import F32, F64, FIRST_MM, SHAPE, SPACING_MM, Point, axis_mm

SIGMA_PER_HALF_WIDTH_6DB = 1.0 / math.sqrt(2.0 * math.log(4.0))
SHARE_FLOOR = 1e-6


@frozen
class RingArray:
    """The transducer. Figures of the arc and of the focus are recalled and unverified; the rest are assumptions.

    transmission: part of the nominal acoustic power that arrives in the breast, after element efficiency, membrane and
    skin; it scales power only, and 0.70 puts holding in the tens of watts this class of device uses. z_opening:
    growth of the Gaussian's sigma per mm from the focus; 0.11 follows from an aperture as high as 0.37 of its distance.
    """

    arc_deg: float = 270.0
    focal_height_mm: float = 3.3
    z_opening: float = 0.11
    transmission: float = 0.70
    rays: int = 160
    step_mm: float = 1.0
    reach_mm: float = 104.0
    stray_rays: int = 36
    stray_width_mm: float = 56.0
    stray_sigma_mm: float = 18.0
    stray_step_mm: float = 2.0


def _layer_shares(sigma_mm: F64, z_mm: float) -> F64:
    """Share of a Gaussian of each sigma [n] in each z layer: [n, 48]; the tail beyond the lattice is left out."""
    edges = np.append(axis_mm(2) - SPACING_MM / 2, axis_mm(2)[-1] + SPACING_MM / 2) - z_mm
    erf = np.vectorize(math.erf, otypes=[np.float64])
    cumulative = 0.5 * (1.0 + erf(edges[None, :] / (math.sqrt(2.0) * sigma_mm[:, None])))
    shares = np.diff(cumulative, axis=1)
    return np.asarray(np.where(shares > SHARE_FLOOR, shares, 0.0))


def _fan(arc_deg: float, count: int, offsets_mm: F64, power_W: float) -> F64:
    """Rays [count * len(offsets), 5] from an arc centred on +x, inwards: direction, lateral offset (voxels), power."""
    angles = np.deg2rad(arc_deg) * ((np.arange(count) + 0.5) / count - 0.5)
    angle, offset = (grid.ravel() for grid in np.meshgrid(angles, offsets_mm / SPACING_MM, indexing="ij"))
    x, y = -np.cos(angle), -np.sin(angle)
    return np.stack([x, y, -y * offset, x * offset, np.full(angle.size, power_W / angle.size)], axis=1)


def _deposit(anatomy: Anatomy, heat: F64, rays: F64, sigma_mm: F64, step_mm: float, focus_mm: Point) -> float:
    alpha = anatomy.maps.attenuation_Np_per_m.astype(np.float64)
    lost = np.asarray(-np.expm1(-2.0 * alpha * step_mm * 1e-3), dtype=np.float32)
    layers = _layer_shares(sigma_mm, focus_mm[2])
    focus_vox = (np.array(focus_mm) - np.array(FIRST_MM)) / SPACING_MM
    reach = (sigma_mm.size - 1) // 2
    return march(heat, lost, anatomy.variation.absorbed_fraction, rays, layers, reach, step_mm / SPACING_MM, focus_vox)


def heat_pattern(
    anatomy: Anatomy,
    focus_mm: Point,
    offset_mm: Point = (0.0, 0.0, 0.0),
    array: RingArray | BreastArray | None = None,
) -> F32:
    """Deposited power density for 1 W of acoustic power aimed at `focus_mm`: float32 [72, 72, 48], W/m3.

    `offset_mm` is the day's unknown targeting error: the power converges at focus + offset. Raises ValueError when
    that point lies outside the lattice. With a `BreastArray` from its elements (`array_heat.py`).
    """
    aimed = (focus_mm[0] + offset_mm[0], focus_mm[1] + offset_mm[1], focus_mm[2] + offset_mm[2])
    for axis, value in enumerate(aimed):
        if not axis_mm(axis)[0] <= value <= axis_mm(axis)[-1]:
            raise ValueError(f"focus_mm + offset_mm: expected a point inside the lattice, found {aimed}")
    if isinstance(array, BreastArray):
        return array_heat_pattern(anatomy, aimed, array)
    ring = RingArray() if array is None else array
    heat = np.zeros(SHAPE, dtype=np.float64)
    focused = anatomy.variation.focused_fraction
    steps = round(ring.reach_mm / ring.step_mm)
    rho_mm = ring.step_mm * np.abs(np.arange(-steps, steps + 1))
    waist_mm = ring.focal_height_mm / 2.0 * SIGMA_PER_HALF_WIDTH_6DB
    fan = _fan(ring.arc_deg, ring.rays, np.zeros(1), ring.transmission * focused)
    _deposit(anatomy, heat, fan, np.hypot(waist_mm, ring.z_opening * rho_mm), ring.step_mm, aimed)

    offsets_mm = np.arange(-ring.stray_width_mm / 2, ring.stray_width_mm / 2 + 1e-9, 4.0)
    stray = _fan(ring.arc_deg, ring.stray_rays, offsets_mm, ring.transmission * (1.0 - focused))
    stray_steps = round(ring.reach_mm / ring.stray_step_mm)
    wide_mm = np.full(2 * stray_steps + 1, ring.stray_sigma_mm)
    _deposit(anatomy, heat, stray, wide_mm, ring.stray_step_mm, aimed)
    return np.asarray(heat / (SPACING_MM * 1e-3) ** 3, dtype=np.float32)


def with_attenuation(anatomy: Anatomy, factor: float) -> Anatomy:
    """The same patient with every attenuation multiplied: for studies of sensitivity."""
    alpha = np.asarray(anatomy.maps.attenuation_Np_per_m * np.float32(factor), dtype=np.float32)
    return evolve(anatomy, maps=evolve(anatomy.maps, attenuation_Np_per_m=alpha))
