"""Compiled march of acoustic rays through attenuating tissue."""

import numpy as np

from syntherm_sim.physics.grid import F32, F64
from syntherm_sim.physics.jit import compiled


@compiled
def _inside(i: int, j: int, nx: int, ny: int) -> bool:
    return 0 <= i < nx - 1 and 0 <= j < ny - 1


@compiled
def march(
    heat: F64, lost: F32, absorbed: float, rays: F64, layers: F64, reach: int, step_vox: float, focus_vox: F64
) -> float:
    """Add the heat of all rays to `heat` [nx, ny, nz], W per voxel; return the power that leaves, W.

    lost: part of the power lost in one step inside a voxel. rays [n, 5]: direction x, y (inwards), lateral offset x, y
    (voxels) and power (W). layers [2 * reach + 1, nz]: share of a ray's power in each z layer at each step. All of a
    ray's power that is lost in a step is taken from the ray, so deposited + scattered + leaving = entering.
    """
    nx, ny, nz = heat.shape
    leaving = 0.0
    for r in range(rays.shape[0]):
        power = rays[r, 4]
        for n in range(2 * reach + 1):
            along = (n - reach) * step_vox
            x = focus_vox[0] + rays[r, 2] + along * rays[r, 0]
            y = focus_vox[1] + rays[r, 3] + along * rays[r, 1]
            i, j = int(np.floor(x)), int(np.floor(y))
            if not _inside(i, j, nx, ny):
                continue
            spent = 0.0
            for corner in range(4):
                di, dj = corner // 2, corner % 2
                share = abs(1 - di - (x - i)) * abs(1 - dj - (y - j)) * power
                for k in range(nz):
                    if layers[n, k] > 0.0:
                        taken = share * layers[n, k] * lost[i + di, j + dj, k]
                        heat[i + di, j + dj, k] += absorbed * taken
                        spent += taken
            power -= spent
        leaving += power
    return leaving
