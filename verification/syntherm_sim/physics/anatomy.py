"""One virtual patient: labels, fat fraction and the property maps that follow from them."""

from collections.abc import Callable

import numpy as np
from attrs import field, frozen
from numpy.random import Generator, default_rng

from syntherm_sim.physics.collapse import Collapse
from syntherm_sim.physics.grid import F32, Point, mesh_mm, require_shape
from syntherm_sim.physics.shape import Labels, Mask, build_labels, smooth_noise
from syntherm_sim.physics.tissue import PROPERTIES, Properties, Tissue
from syntherm_sim.physics.variation import TEXTBOOK, Variation


@frozen(eq=False)
class PropertyMaps:
    """Properties of every voxel, float32 [72, 72, 48], read-only.

    `dilation` is the factor that perfusion reaches at 42 degC; `attenuation_Np_per_m` is of the amplitude, at
    1.45 MHz; `magnitude` is the relative MR signal.
    """

    conductivity_W_per_m_K: F32
    heat_capacity_J_per_m3_K: F32
    perfusion_W_per_m3_K: F32
    dilation: F32
    metabolic_W_per_m3: F32
    attenuation_Np_per_m: F32
    magnitude: F32


@frozen(eq=False)
class Anatomy:
    """A patient's breast on the physics lattice. Arrays are read-only; two of one seed are bit-identical."""

    labels: Labels
    fat_fraction: F32
    variation: Variation
    maps: PropertyMaps = field(repr=False)
    collapse: Collapse | None = None

    def mask(self, *tissues: Tissue) -> Mask:
        """Boolean [72, 72, 48]: voxels of any of the tissues."""
        return np.asarray(np.isin(self.labels, [int(tissue) for tissue in tissues]))


def _frozen_array(array: F32) -> F32:
    array.setflags(write=False)
    return array


def _mapped(labels: Labels, value: Callable[[Tissue, Properties], float]) -> F32:
    table = np.array([value(tissue, PROPERTIES[tissue]) for tissue in Tissue], dtype=np.float32)
    return _frozen_array(np.ascontiguousarray(table[labels]))


def property_maps(labels: Labels, variation: Variation = TEXTBOOK) -> PropertyMaps:
    """The property maps of labels [72, 72, 48] for one patient's variation. Raises ValueError on another shape."""
    require_shape("labels", labels)

    def perfusion(tissue: Tissue, at: Properties) -> float:
        factor = variation.tumour_perfusion if tissue is Tissue.TUMOUR else variation.perfusion
        return at.perfusion_W_per_m3_K() * factor

    def dilation(tissue: Tissue, _: Properties) -> float:
        return variation.tumour_dilation if tissue is Tissue.TUMOUR else variation.dilation

    def attenuation(tissue: Tissue, at: Properties) -> float:
        return at.attenuation_Np_per_m() * (1.0 if tissue is Tissue.WATER else variation.attenuation)

    return PropertyMaps(
        conductivity_W_per_m_K=_mapped(labels, lambda _, at: at.conductivity_W_per_m_K.value),
        heat_capacity_J_per_m3_K=_mapped(
            labels, lambda _, at: at.density_kg_per_m3.value * at.heat_capacity_J_per_kg_K.value
        ),
        perfusion_W_per_m3_K=_mapped(labels, perfusion),
        dilation=_mapped(labels, dilation),
        metabolic_W_per_m3=_mapped(labels, lambda _, at: at.metabolic_W_per_m3.value),
        attenuation_Np_per_m=_mapped(labels, attenuation),
        magnitude=_mapped(labels, lambda _, at: at.magnitude.value),
    )


def _fat_fraction(labels: Labels, generator: Generator) -> F32:
    """Typical value per tissue, uneven by a few per cent as a Dixon scan would show; exactly 0 in water."""
    table = np.array([PROPERTIES[tissue].fat_fraction.value for tissue in Tissue])
    spread = 0.4 * np.minimum(table, 1.0 - table)
    uneven = table[labels] + spread[labels] * np.clip(smooth_noise(generator, shortest_mm=15.0) / 2.0, -1.0, 1.0)
    return _frozen_array(np.ascontiguousarray(uneven, dtype=np.float32))


def breast(seed: int, variation: Variation | None = None) -> Anatomy:
    """Build the patient of a seed (any int >= 0); `variation` overrides the drawn one.

    Shapes, fat fraction and variation come from independent random streams, so that overriding one leaves the rest.
    """
    shape_stream, fat_stream, patient_stream = (default_rng([seed, part]) for part in range(3))
    labels = build_labels(shape_stream)
    labels.setflags(write=False)
    assigned = Variation.draw(patient_stream) if variation is None else variation
    return Anatomy(
        labels=labels,
        fat_fraction=_fat_fraction(labels, fat_stream),
        variation=assigned,
        maps=property_maps(labels, assigned),
    )


FAT_BALL_MM = 6.0


def with_fat_ball(anatomy: Anatomy, centre_mm: Point) -> Anatomy:
    """The same patient with a ball of fat of 6 mm radius in place of gland; the tumour stays whole."""
    x, y, z = mesh_mm()
    apart = (x - centre_mm[0]) ** 2 + (y - centre_mm[1]) ** 2 + (z - centre_mm[2]) ** 2
    ball = (apart <= FAT_BALL_MM**2) & (anatomy.labels == Tissue.GLAND)
    labels, fat = anatomy.labels.copy(), anatomy.fat_fraction.copy()
    labels[ball] = Tissue.FAT
    fat[ball] = np.float32(PROPERTIES[Tissue.FAT].fat_fraction.value)
    for array in (labels, fat):
        array.setflags(write=False)
    maps = property_maps(labels, anatomy.variation)
    return Anatomy(labels, fat, anatomy.variation, maps, anatomy.collapse)
