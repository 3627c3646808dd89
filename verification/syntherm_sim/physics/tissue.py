"""Tissues and their thermal, acoustic and MR properties, every figure with where it comes from.

"read" = read in the abstract or table of a published source; "recalled" = from memory in the style of the IT'IS
database, unverified; "derived" = arithmetic on such figures. Breast data are scarce and often borrowed from muscle
and fat (Camilleri 2022, read), so a patient varies widely about them: see `variation.py`.
"""

import math
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from attrs import frozen

FREQUENCY_MHZ = 1.45
DB_PER_CM_TO_NP_PER_M = 100.0 / 8.685889638


class Tissue(IntEnum):
    """Label of a voxel."""

    WATER = 0
    SKIN = 1
    FAT = 2
    GLAND = 3
    TUMOUR = 4
    MUSCLE = 5
    GEL = 6
    """Reference tubes in the bath: water gel at bath temperature, seen by the scanner and never heated."""


@frozen
class Figure:
    """One number, its unit by the field that holds it, and its provenance."""

    value: float
    source: str


@frozen
class Properties:
    """Properties of one tissue at rest."""

    density_kg_per_m3: Figure
    heat_capacity_J_per_kg_K: Figure
    conductivity_W_per_m_K: Figure
    perfusion_kg_per_m3_s: Figure
    metabolic_W_per_m3: Figure
    attenuation_dB_per_cm_MHz: Figure
    attenuation_exponent: Figure
    magnitude: Figure
    fat_fraction: Figure

    def attenuation_Np_per_m(self, frequency_MHz: float = FREQUENCY_MHZ) -> float:
        """Amplitude attenuation at a frequency, Np/m: a0 * f^y."""
        scaling = math.pow(frequency_MHz, self.attenuation_exponent.value)
        return self.attenuation_dB_per_cm_MHz.value * scaling * DB_PER_CM_TO_NP_PER_M

    def perfusion_W_per_m3_K(self) -> float:
        """Heat carried away per degree above arterial temperature: w_b * c_b, W/m3/K."""
        return self.perfusion_kg_per_m3_s.value * BLOOD.heat_capacity_J_per_kg_K.value


@frozen
class Blood:
    """Arterial blood."""

    density_kg_per_m3: Figure
    heat_capacity_J_per_kg_K: Figure
    temperature_degC: Figure


BLOOD = Blood(
    density_kg_per_m3=Figure(1050.0, "recalled, unverified"),
    heat_capacity_J_per_kg_K=Figure(3600.0, "the 3600 used to convert the w*c_b figures that were read"),
    temperature_degC=Figure(37.0, "convention; a sedated patient may be cooler"),
)

_HYPERTHERMIA = "read: table of a hyperthermia modelling paper (PMC6721488)"
_RECALLED = "recalled (IT'IS style), unverified"
_PHANTOM = "read: breast ultrasound phantom table (PMC5087608)"
_METABOLIC = "recalled (breast thermography models), unverified; tumour taken as gland (Camilleri 2022, read)"
_EXPONENT = "recalled, unverified: 1.1 fat and muscle, 1.5 gland; tumour and skin assumed like soft tissue"
_MAGNITUDE = "assumed relative signal of a fat-suppressed gradient-echo EPI; flow suppresses the bath"
_FAT_FRACTION = "assumed typical Dixon value"

# tissue: (density, source), (heat capacity, source), (conductivity, source), (w_b, source), metabolic,
#         (attenuation, source), exponent, magnitude, fat fraction
_Sourced = tuple[float, str]
_Row = tuple[_Sourced, _Sourced, _Sourced, _Sourced, float, _Sourced, float, float, float]
_ROWS: dict[Tissue, _Row] = {
    Tissue.WATER: (
        (1000.0, _HYPERTHERMIA), (4180.0, _HYPERTHERMIA), (0.60, _HYPERTHERMIA), (0.0, "water has no perfusion"), 0.0,
        (0.00217, "read: cyst / near water in the breast phantom table (PMC5087608)"), 2.0, 0.0, 0.0,
    ),
    Tissue.SKIN: (
        (1125.0, _HYPERTHERMIA), (3500.0, _HYPERTHERMIA), (0.42, _HYPERTHERMIA),
        (2.24, "read: 8065 W/m3/K (PMC6721488), divided by c_b 3600"), 1000.0,
        (1.6, "recalled, unverified"), 1.1, 0.5, 0.10,
    ),
    Tissue.FAT: (
        (911.0, _RECALLED), (2348.0, _RECALLED), (0.21, _RECALLED),
        (0.749, "derived from 47 mL/min/kg (recalled, unverified)"), 400.0,
        (0.60, _PHANTOM), 1.1, 0.7, 0.93,
    ),
    Tissue.GLAND: (
        (1041.0, _RECALLED), (2960.0, _RECALLED), (0.33, _RECALLED),
        (2.733, "derived from 150 mL/min/kg (recalled, unverified)"), 700.0,
        (0.75, _PHANTOM), 1.5, 1.0, 0.12,
    ),
    Tissue.TUMOUR: (
        (1056.0, _HYPERTHERMIA), (3700.0, _HYPERTHERMIA), (0.57, _HYPERTHERMIA),
        (6.26, "read: 22545 W/m3/K (PMC6721488), divided by c_b 3600"), 700.0,
        (0.57, _PHANTOM), 1.1, 1.0, 0.03,
    ),
    Tissue.MUSCLE: (
        (1050.0, _HYPERTHERMIA), (3639.0, _HYPERTHERMIA), (0.56, _HYPERTHERMIA),
        (0.90, "derived: 12960 W/m3/K read (PMC6721488) is already x4 for vasodilation; a quarter, over 3600"), 700.0,
        (0.99, "read: muscle phantom (JTU 5:14)"), 1.1, 0.8, 0.04,
    ),
    Tissue.GEL: (
        (1000.0, _HYPERTHERMIA), (4180.0, _HYPERTHERMIA), (0.60, _HYPERTHERMIA), (0.0, "gel has no perfusion"), 0.0,
        (0.00217, "assumed as transparent as the water around it"), 2.0, 0.8, 0.0,
    ),
}  # fmt: skip


def _properties(row: _Row) -> Properties:
    density, capacity, conductivity, perfusion, metabolic, attenuation, exponent, magnitude, fat = row
    return Properties(
        density_kg_per_m3=Figure(*density),
        heat_capacity_J_per_kg_K=Figure(*capacity),
        conductivity_W_per_m_K=Figure(*conductivity),
        perfusion_kg_per_m3_s=Figure(*perfusion),
        metabolic_W_per_m3=Figure(metabolic, _METABOLIC),
        attenuation_dB_per_cm_MHz=Figure(*attenuation),
        attenuation_exponent=Figure(exponent, _EXPONENT),
        magnitude=Figure(magnitude, _MAGNITUDE),
        fat_fraction=Figure(fat, _FAT_FRACTION),
    )


PROPERTIES: Mapping[Tissue, Properties] = MappingProxyType({tissue: _properties(row) for tissue, row in _ROWS.items()})
