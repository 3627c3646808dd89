"""The field of heated fat: its susceptibility rises with temperature, and a dipole field reaches the water around it.

    dB/B0 = F^-1 [ (1/3 - k_y^2 / k^2) F [ chi' ff (T - T0) ] ],   B0 along y, the sphere of Lorentz taken out

chi' = 0.0051 ppm/degC: post-mortem breast fat at 14 T (read). What water's own susceptibility does is part of the PRF
coefficient as it is measured. Limits: the lattice is continued periodically, so that a source meets its neighbours'
fields from 96 mm and more away (below 3 % of the field at 30 mm); fat outside the lattice does not count.
"""

from typing import Final

import numpy as np

from syntherm_sim.physics.grid import F32, SHAPE, SPACING_MM, require_shape

FAT_PPM_PER_DEGC: Final = 0.0051
B0_AXIS: Final = 1
"""y, towards the head: along the bore of a patient who lies."""


def _kernel() -> F32:
    kx, ky = (np.fft.fftfreq(count, SPACING_MM) for count in SHAPE[:2])
    kz = np.fft.rfftfreq(SHAPE[2], SPACING_MM)
    k2 = kx[:, None, None] ** 2 + ky[None, :, None] ** 2 + kz[None, None, :] ** 2
    k2[0, 0, 0] = np.inf
    kernel = 1.0 / 3.0 - ky[None, :, None] ** 2 / k2
    kernel[0, 0, 0] = 0.0
    return np.asarray(kernel, dtype=np.float32)


_KERNEL: Final = _kernel()


def field_ppm(fat_fraction: F32, rise_degC: F32) -> F32:
    """Field change, ppm of B0 [72, 72, 48], where fat is warmer by `rise_degC`. Raises ValueError on another shape."""
    require_shape("fat_fraction", fat_fraction)
    require_shape("rise_degC", rise_degC)
    source = np.float32(FAT_PPM_PER_DEGC) * fat_fraction * rise_degC
    return np.asarray(np.fft.irfftn(np.fft.rfftn(source) * _KERNEL, s=SHAPE, axes=(0, 1, 2)), dtype=np.float32)
