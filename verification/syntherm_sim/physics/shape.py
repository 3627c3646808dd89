"""The labels of a virtual breast: which tissue fills each voxel."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from syntherm_sim.physics.grid import F64, SHAPE, SPACING_MM, axis_mm, mesh_mm
from syntherm_sim.physics.tissue import Tissue

Labels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

PECTORAL_FROM_MM = 21.0
RETROMAMMARY_FAT_FROM_MM = 17.0
CHEST_WALL_SKIN_MM = 15.0
LOBULE_CLEARANCE_MM = 6.0
TUMOUR_REACH_MM = 10.4
TUBE_AT_MM = 49.0
TUBE_RADIUS_MM = 5.0
TUBE_TO_MM = 13.0


def smooth_noise(generator: Generator, waves: int = 12, shortest_mm: float = 30.0) -> F64:
    """A smooth random field on the physics lattice, mean about 0 and standard deviation about 1."""
    x, y, z = (axis_mm(axis) for axis in range(3))
    total = np.zeros(SHAPE)
    for _ in range(waves):
        direction = generator.normal(size=3)
        direction *= 2 * np.pi / (np.linalg.norm(direction) * generator.uniform(shortest_mm, 3 * shortest_mm))
        start = generator.uniform(0, 2 * np.pi)
        # A plane wave is a product along the axes: far cheaper than a cosine per voxel.
        in_plane = np.exp(1j * (direction[0] * x + start))[:, None] * np.exp(1j * direction[1] * y)[None, :]
        total += (in_plane[:, :, None] * np.exp(1j * direction[2] * z)).real
    return np.asarray(total * np.sqrt(2.0 / waves))


def touches(region: Mask, other: Mask) -> Mask:
    """Voxels of `region` that have a face, edge or corner neighbour in `other`; beyond the lattice is no neighbour."""
    grown = other.copy()
    for axis in range(3):
        lower = [slice(None)] * 3
        upper = [slice(None)] * 3
        lower[axis], upper[axis] = slice(None, -1), slice(1, None)
        before = grown.copy()
        grown[tuple(lower)] |= before[tuple(upper)]
        grown[tuple(upper)] |= before[tuple(lower)]
    return np.asarray(region & grown)


def _tumour(generator: Generator) -> Mask:
    x, y, z = mesh_mm()
    radii = generator.uniform(9.2, 10.0, size=3)
    level = np.sqrt((x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2)
    irregular = level * (1.0 + 0.04 * smooth_noise(generator, shortest_mm=12.0))
    return np.asarray((irregular <= 1.0) & (x**2 + y**2 + z**2 <= TUMOUR_REACH_MM**2))


def _lobules(generator: Generator) -> Mask:
    """Ellipsoids of fat inside the gland, none nearer to the tumour than the clearance."""
    x, y, z = mesh_mm()
    # A voxel's diagonal more than the clearance: it is kept between faces, not centres.
    from_tumour_mm = TUMOUR_REACH_MM + LOBULE_CLEARANCE_MM + SPACING_MM * np.sqrt(3.0)
    lobules = np.zeros(SHAPE, dtype=np.bool_)
    for _ in range(int(generator.integers(14, 26))):
        centre = generator.uniform((-42, -42, -32), (42, 42, 14))
        radii = generator.uniform(4.0, 8.0, size=3)
        lobules |= ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 + (
            (z - centre[2]) / radii[2]
        ) ** 2 <= 1.0
    return np.asarray(lobules & (x**2 + y**2 + z**2 > from_tumour_mm**2))


def _tubes() -> Mask:
    """Four upright tubes of gel at the corners of the image, in the bath and clear of any breast."""
    x, y, z = mesh_mm()
    near = (np.abs(x) - TUBE_AT_MM) ** 2 + (np.abs(y) - TUBE_AT_MM) ** 2 <= TUBE_RADIUS_MM**2
    return np.asarray(near & (z <= TUBE_TO_MM))


def build_labels(generator: Generator) -> Labels:
    """Draw the labels of one breast: uint8 [72, 72, 48] of `Tissue` values.

    A half-ellipsoid hangs in water from the chest wall, about 55 mm in radius at the target's level. Its skin is
    every body voxel with a water neighbour by face, edge or corner, hence closed by construction. A fat shell of
    8 to 12 mm, gland with fat lobules, the tumour at the origin, 4 mm of retromammary fat, then the pectoral muscle.
    Four reference tubes stand in the bath.
    """
    x, y, z = mesh_mm()
    across, along = generator.uniform(56.5, 59.5, size=2)
    depth = generator.uniform(62.0, 66.0)
    level = np.sqrt((x / across) ** 2 + (y / along) ** 2 + ((z - PECTORAL_FROM_MM) / depth) ** 2)
    body = (level <= 1.0) | np.broadcast_to(z > CHEST_WALL_SKIN_MM, SHAPE)
    from_centre_mm = np.sqrt(x**2 + y**2 + (z - PECTORAL_FROM_MM) ** 2)
    depth_mm = from_centre_mm * (1.0 / np.maximum(level, 1e-9) - 1.0)
    shell_mm = np.clip(generator.uniform(9.0, 11.0) + 0.8 * smooth_noise(generator), 8.0, 12.0) + 2.0

    labels = np.full(SHAPE, Tissue.WATER, dtype=np.uint8)
    labels[body] = Tissue.FAT
    gland = body & (level < 1.0) & (depth_mm > shell_mm) & (z < RETROMAMMARY_FAT_FROM_MM)
    labels[gland & ~_lobules(generator)] = Tissue.GLAND
    labels[np.broadcast_to(z > PECTORAL_FROM_MM, SHAPE)] = Tissue.MUSCLE
    labels[touches(body, ~body)] = Tissue.SKIN
    labels[_tumour(generator)] = Tissue.TUMOUR
    labels[_tubes() & (labels == Tissue.WATER)] = Tissue.GEL
    return labels


def gap_mm(a: Mask, b: Mask) -> float:
    """Smallest distance between the voxel faces of two regions that lie inside the lattice, mm."""
    first, second = (_surface_centres_mm(region) for region in (a, b))
    apart = np.maximum(np.abs(first[:, None, :] - second[None, :, :]) - SPACING_MM, 0.0)
    return float(np.sqrt((apart**2).sum(axis=2).min()))


def _surface_centres_mm(region: Mask) -> NDArray[np.float32]:
    surface = np.nonzero(touches(region, ~region))
    return np.stack([axis_mm(axis)[index] for axis, index in enumerate(surface)], axis=1).astype(np.float32)
