"""Compiled signal equation: physics voxels to scanner voxels."""

import numpy as np
from numpy.typing import NDArray

from syntherm_sim.physics.grid import F32, F64
from syntherm_sim.physics.jit import compiled

C64 = NDArray[np.complex64]


@compiled
def acquire(
    temperature_degC: F32, water: C64, fat: C64, field_phase: F64, axes: F64, rad_per_degC: float, out: C64
) -> None:
    """Fill `out` [60, 60, 7]: mean over three physics voxels of water (which heats) and fat (which does not).

    temperature_degC, water, fat: [60, 60, 21]. field_phase: constant, x, y, z and r^2 terms, rad, applied per scanner
    voxel. axes: the scanner's x (60), y (60) and z (7) centres, mm, one after the other.
    """
    nx, ny, nz = out.shape
    for i in range(nx):
        x = axes[i]
        for j in range(ny):
            y = axes[nx + j]
            for k in range(nz):
                z = axes[nx + ny + k]
                real, imag = 0.0, 0.0
                for m in range(3 * k, 3 * k + 3):
                    signal = fat[i, j, m]
                    real += signal.real
                    imag += signal.imag
                    warm = water[i, j, m]
                    if warm.real != 0.0 or warm.imag != 0.0:
                        turn = rad_per_degC * temperature_degC[i, j, m]
                        c, s = np.cos(turn), np.sin(turn)
                        real += warm.real * c - warm.imag * s
                        imag += warm.real * s + warm.imag * c
                if real == 0.0 and imag == 0.0:
                    out[i, j, k] = np.complex64(0.0)
                    continue
                turn = field_phase[0] + field_phase[1] * x + field_phase[2] * y + field_phase[3] * z
                turn += field_phase[4] * (x * x + y * y + z * z)
                c, s = np.cos(turn) / 3.0, np.sin(turn) / 3.0
                out[i, j, k] = np.complex64(complex(real * c - imag * s, real * s + imag * c))
