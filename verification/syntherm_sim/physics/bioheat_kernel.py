"""Compiled kernels of the Pennes equation on a lattice padded by one voxel on every side.

State is theta = T - arterial, in float32: near zero, so a step's increment keeps about 1e-7 degC of resolution.
`gx[i]` is the conductance of the face between i and i+1, W/m3/K (harmonic mean conductivity over spacing squared).
"""

import numpy as np

from syntherm_sim.physics.grid import F32
from syntherm_sim.physics.jit import compiled

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_THREE = np.float32(3.0)


@compiled
def step(
    old: F32, new: F32, gx: F32, gy: F32, gz: F32, loss: F32, extra: F32, heat: F32, rate: F32, ramp: np.float32
) -> None:
    """One explicit step of the interior, `old` to `new`.

    loss: resting perfusion, W/m3/K. extra: dilation - 1. heat: metabolic + source, W/m3. rate: dt / (rho c), 0 where
    the temperature is held. ramp: 1 / (degrees above arterial at which dilation is complete).
    """
    nx, ny, nz = old.shape
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                t = old[i, j, k]
                s = min(max(t * ramp, _ZERO), _ONE)
                perfused = loss[i, j, k] * (_ONE + extra[i, j, k] * s * s * (_THREE - _TWO * s))
                flow = gx[i, j, k] * (old[i + 1, j, k] - t) + gx[i - 1, j, k] * (old[i - 1, j, k] - t)
                flow += gy[i, j, k] * (old[i, j + 1, k] - t) + gy[i, j - 1, k] * (old[i, j - 1, k] - t)
                flow += gz[i, j, k] * (old[i, j, k + 1] - t) + gz[i, j, k - 1] * (old[i, j, k - 1] - t)
                new[i, j, k] = t + rate[i, j, k] * (flow - perfused * t + heat[i, j, k])


@compiled
def relax(theta: F32, gx: F32, gy: F32, gz: F32, loss: F32, heat: F32, rate: F32, over: float) -> float:
    """One over-relaxed Gauss-Seidel sweep towards the steady state at resting perfusion; largest change, degC."""
    nx, ny, nz = theta.shape
    largest = 0.0
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                if rate[i, j, k] == _ZERO:
                    continue
                weight = gx[i, j, k] + gx[i - 1, j, k] + gy[i, j, k] + gy[i, j - 1, k] + gz[i, j, k] + gz[i, j, k - 1]
                inflow = gx[i, j, k] * theta[i + 1, j, k] + gx[i - 1, j, k] * theta[i - 1, j, k]
                inflow += gy[i, j, k] * theta[i, j + 1, k] + gy[i, j - 1, k] * theta[i, j - 1, k]
                inflow += gz[i, j, k] * theta[i, j, k + 1] + gz[i, j, k - 1] * theta[i, j, k - 1]
                total = weight + loss[i, j, k]
                if total == _ZERO:
                    continue
                change = over * ((inflow + heat[i, j, k]) / total - theta[i, j, k])
                theta[i, j, k] += np.float32(change)
                largest = max(largest, abs(change))
    return largest
