"""The transducer as 256 discs on a lateral arc, and the field of each by the Rayleigh-Sommerfeld integral.

    s(r) = sum over elements of  sqrt(P / S) S / (lambda R) D(theta) exp(-integral of alpha ds) exp(i 2 pi R / lambda)

s is p / sqrt(2 rho c), so that |s|^2 is the intensity; P and S are an element's power and area, R the distance from its
centre, D = 2 J1(x) / x the far field of a disc (at 120 mm, eleven times its near-field length). Attenuation is that of
the tissue along each straight path from element to voxel. The sound speed is the same everywhere.

Geometry. Number, frequency and arc are recalled and unverified. Radius, height and diameter are assumptions: the height
over the radius, 0.37, makes the focus 3.3 mm high (recalled); discs of 6.6 mm fill a third of the surface. Columns of
four on a sphere, each column at another height (golden ratio) and a little aside (fixed), so that no regular pattern
makes grating lobes.
"""

import math
from typing import Final

import numpy as np
from attrs import frozen
from numpy.random import default_rng

from syntherm_sim.physics.grid import F64, Point

ROWS: Final = 4
_GOLDEN: Final = (math.sqrt(5.0) - 1.0) / 2.0


@frozen
class BreastArray:
    """Lengths in mm; the arc is centred on +x.

    `aside_mm`: how far a column may be moved along the arc. `transmission`: see `acoustics.RingArray`.
    """

    elements: int = 256
    arc_deg: float = 270.0
    radius_mm: float = 120.0
    height_mm: float = 44.0
    disc_mm: float = 6.6
    aside_mm: float = 1.1
    frequency_MHz: float = 1.45
    sound_m_per_s: float = 1500.0
    transmission: float = 0.70

    @property
    def wavelength_mm(self) -> float:
        """In water and tissue alike."""
        return self.sound_m_per_s / self.frequency_MHz * 1e-3

    @property
    def disc_area_mm2(self) -> float:
        """Of one element."""
        return math.pi * self.disc_mm**2 / 4.0

    @property
    def filled(self) -> float:
        """Part of the surface that the elements cover: the part of their power that a full surface would focus."""
        surface_mm2 = math.radians(self.arc_deg) * self.radius_mm * self.height_mm
        return min(1.0, self.elements * self.disc_area_mm2 / surface_mm2)

    def places_mm(self) -> F64:
        """Centres of the elements about the array's own centre [elements, 3]; each faces that centre."""
        columns = self.elements // ROWS
        column, row = (index.ravel() for index in np.meshgrid(np.arange(columns), np.arange(ROWS), indexing="ij"))
        aside_mm = default_rng(self.elements).uniform(-self.aside_mm, self.aside_mm, columns)[column]
        along_mm = math.radians(self.arc_deg) * self.radius_mm * ((column + 0.5) / columns - 0.5)
        angle = (along_mm + aside_mm) / self.radius_mm
        z = self.height_mm * ((row + (column * _GOLDEN) % 1.0) / ROWS - 0.5)
        across = np.sqrt(self.radius_mm**2 - z**2)
        return np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=1)

    def sources(self, centre_mm: Point, focus_mm: Point, aberration_rad: F64) -> F64:
        """For `array_kernel.coherent` [elements, 8]: in phase at the focus, but for the aberration; 1 W in all."""
        places = self.places_mm()
        inward = -places / self.radius_mm
        stands = places + np.asarray(centre_mm)
        away = np.sqrt(((stands - np.asarray(focus_mm)) ** 2).sum(axis=1))
        strength = math.sqrt(self.disc_area_mm2 / self.elements) / self.wavelength_mm
        turns = aberration_rad / (2.0 * math.pi) - away / self.wavelength_mm
        return np.column_stack([stands, inward, np.full(self.elements, strength), turns])
