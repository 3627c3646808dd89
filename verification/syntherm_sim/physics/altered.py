"""The same breast with another tumour, or with its skin nearer: for cases that the seeds do not bring."""

from typing import Final

import attrs
import numpy as np
from numpy.random import default_rng

from syntherm_sim.physics.anatomy import Anatomy, property_maps
from syntherm_sim.physics.grid import F32, SHAPE, Point, mesh_mm
from syntherm_sim.physics.shape import Labels, Mask, smooth_noise, touches
from syntherm_sim.physics.tissue import PROPERTIES, Tissue

LUMP_MM: Final = 10.0
"""The shortest lumps on an irregular tumour."""


def with_tumour(anatomy: Anatomy, radii_mm: Point, irregular: float, seed: int) -> Anatomy:
    """An ellipsoid at the centre in place of the seed's tumour; its radius varies by `irregular` (a part of it, sd)."""
    x, y, z = mesh_mm()
    level = np.sqrt((x / radii_mm[0]) ** 2 + (y / radii_mm[1]) ** 2 + (z / radii_mm[2]) ** 2)
    rough = 1.0 + irregular * np.clip(smooth_noise(default_rng([seed, 12]), 16, LUMP_MM), -2.0, 2.0)
    labels, fat = anatomy.labels.copy(), anatomy.fat_fraction.copy()
    before = labels == Tissue.TUMOUR
    for tissue, where in ((Tissue.GLAND, before), (Tissue.TUMOUR, np.asarray(level * rough <= 1.0))):
        _put(labels, fat, where, tissue)
    return _of(anatomy, labels, fat)


def with_near_skin(anatomy: Anatomy, skin_at_mm: float) -> Anatomy:
    """The breast cut flat at y = -`skin_at_mm`: skin of one voxel, the bath beyond. Beam comes from there too."""
    beyond = np.broadcast_to(mesh_mm()[1] < -skin_at_mm, SHAPE)
    labels, fat = anatomy.labels.copy(), anatomy.fat_fraction.copy()
    body = ~anatomy.mask(Tissue.WATER, Tissue.GEL)
    _put(labels, fat, np.asarray(beyond & body), Tissue.WATER)
    _put(labels, fat, touches(np.asarray(body & ~beyond), np.asarray(beyond)), Tissue.SKIN)
    return _of(anatomy, labels, fat)


def _put(labels: Labels, fat: F32, where: Mask, tissue: Tissue) -> None:
    labels[where] = tissue
    fat[where] = np.float32(PROPERTIES[tissue].fat_fraction.value)


def _of(anatomy: Anatomy, labels: Labels, fat: F32) -> Anatomy:
    for array in (labels, fat):
        array.setflags(write=False)
    maps = property_maps(labels, anatomy.variation)
    return attrs.evolve(anatomy, labels=labels, fat_fraction=fat, maps=maps)
