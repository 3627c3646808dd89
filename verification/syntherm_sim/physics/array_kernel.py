"""Compiled kernels of the element array: the coherent field near the focus, loss along paths, rays elsewhere.

Amplitudes are scaled so that their square is the intensity: s = p / sqrt(2 rho c), in sqrt(W) / mm.
"""

import numpy as np

from syntherm_sim.physics.grid import F32, F64
from syntherm_sim.physics.jit import compiled


@compiled
def directivity(x: float) -> float:
    """2 J1(x) / x, for x >= 0: far field of a disc; J1 by Abramowitz and Stegun 9.4.4 and 9.4.6 (to 1e-7)."""
    if x <= 3.0:
        y = (x / 3.0) ** 2
        tail = 0.00443319 + y * (-0.00031761 + y * 0.00001109)
        return float(2.0 * (0.5 + y * (-0.56249985 + y * (0.21093573 + y * (-0.03954289 + y * tail)))))
    y = 3.0 / x
    tail = 0.00249511 + y * (-0.00113653 + y * 0.00020033)
    size = 0.79788456 + y * (0.00000156 + y * (0.01659667 + y * (0.00017105 - y * tail)))
    tail = 0.00074348 + y * (0.00079824 - y * 0.00029166)
    turn = x - 2.35619449 + y * (0.12499612 + y * (0.00005650 + y * (-0.00637879 + y * tail)))
    return float(2.0 * size * np.cos(turn) / (x * np.sqrt(x)))


@compiled
def coherent(
    re: F64, im: F64, axes: F64, per_voxel: int, sources: F64, passed: F32, wavelength_mm: float, radius_mm: float
) -> None:
    """Add the field of all sources to `re`, `im` [nx, ny, nz] (fine points), sqrt(W) / mm.

    axes: x (nx), y (ny), z (nz) of the fine points, mm, one after the other. per_voxel: fine points per voxel along an
    axis. sources [n, 8]: position (mm), inward normal, strength (sqrt(W) mm, amplitude at 1 mm), phase (turns).
    passed [n, nx / per_voxel, ...]: share of the amplitude that tissue lets through to each voxel. radius_mm: of the
    disc whose far field weighs each source; 0 for none.
    """
    nx, ny, nz = re.shape
    weight = np.empty(nz)
    for n in range(sources.shape[0]):
        sx, sy, sz = sources[n, 0], sources[n, 1], sources[n, 2]
        for bi in range(nx // per_voxel):
            for bj in range(ny // per_voxel):
                for bk in range(nz // per_voxel):
                    first = axes[bi * per_voxel], axes[nx + bj * per_voxel], axes[nx + ny + bk * per_voxel]
                    last = axes[(bi + 1) * per_voxel - 1], axes[nx + (bj + 1) * per_voxel - 1]
                    dx, dy = (first[0] + last[0]) / 2.0 - sx, (first[1] + last[1]) / 2.0 - sy
                    dz = (first[2] + axes[nx + ny + (bk + 1) * per_voxel - 1]) / 2.0 - sz
                    along = dx * sources[n, 3] + dy * sources[n, 4] + dz * sources[n, 5]
                    aside = np.sqrt(max(0.0, 1.0 - along * along / (dx * dx + dy * dy + dz * dz)))
                    size = directivity(2.0 * np.pi * radius_mm / wavelength_mm * aside) * sources[n, 6]
                    weight[bk * per_voxel : (bk + 1) * per_voxel] = size * passed[n, bi, bj, bk]
                for i in range(bi * per_voxel, (bi + 1) * per_voxel):
                    for j in range(bj * per_voxel, (bj + 1) * per_voxel):
                        rho2 = (axes[i] - sx) ** 2 + (axes[nx + j] - sy) ** 2
                        _row(re[i, j], im[i, j], axes[nx + ny :], weight, rho2, sz, sources[n, 7], wavelength_mm)


@compiled
def _row(
    re: F64, im: F64, z_mm: F64, weight: F64, rho2: float, source_z_mm: float, turns: float, wavelength_mm: float
) -> None:
    # Sine and cosine of half the phase by their series (to 1e-9), so that the loop can be done several at a time.
    for k in range(re.shape[0]):
        away = np.sqrt(rho2 + (z_mm[k] - source_z_mm) ** 2)
        turn = away / wavelength_mm + turns
        x = np.pi * (turn - np.floor(turn + 0.5))
        y = x * x
        tail = 2.75573192e-06 + y * (-2.50521084e-08 + y * 1.60590438e-10)
        sine = x * (1.0 + y * (-1.66666667e-01 + y * (8.33333333e-03 + y * (-1.98412698e-04 + y * tail))))
        tail = 2.48015873e-05 + y * (-2.75573192e-07 + y * 2.08767570e-09)
        cosine = 1.0 + y * (-0.5 + y * (4.16666667e-02 + y * (-1.38888889e-03 + y * tail)))
        share = weight[k] / away
        re[k] += share * (1.0 - 2.0 * sine * sine)
        im[k] += share * 2.0 * sine * cosine


@compiled
def paths(alpha: F32, sources_vox: F64, first: F64, step_vox: float, step_m: float, passed: F32) -> None:
    """Fill `passed` [n, bx, by, bz]: exp(-sum of alpha ds) from each source straight to each voxel of a box.

    alpha: amplitude attenuation, Np/m; none outside its lattice. first: the box's first voxel.
    """
    nx, ny, nz = alpha.shape
    for n in range(passed.shape[0]):
        for bi in range(passed.shape[1]):
            for bj in range(passed.shape[2]):
                for bk in range(passed.shape[3]):
                    dx = sources_vox[n, 0] - first[0] - bi
                    dy = sources_vox[n, 1] - first[1] - bj
                    dz = sources_vox[n, 2] - first[2] - bk
                    away = np.sqrt(dx * dx + dy * dy + dz * dz)
                    total, at = 0.0, 0.5 * step_vox
                    while at < away:
                        i = int(np.floor(first[0] + bi + dx * at / away + 0.5))
                        j = int(np.floor(first[1] + bj + dy * at / away + 0.5))
                        k = int(np.floor(first[2] + bk + dz * at / away + 0.5))
                        if not (0 <= i < nx and 0 <= j < ny and 0 <= k < nz):
                            break
                        total += alpha[i, j, k]
                        at += step_vox
                    passed[n, bi, bj, bk] = np.exp(-total * step_m)


@compiled
def shine(heat: F64, lost: F32, absorbed: float, rays: F64, reach: int, step_vox: float) -> float:
    """Add the heat of straight rays to `heat` [nx, ny, nz], W per voxel; return the power that leaves, W.

    lost: part of the power lost in one step inside a voxel. rays [n, 7]: start (voxels), direction, power (W).
    """
    nx, ny, nz = heat.shape
    leaving = 0.0
    for n in range(rays.shape[0]):
        power = rays[n, 6]
        for m in range(reach):
            at = (m + 0.5) * step_vox
            i = int(np.floor(rays[n, 0] + at * rays[n, 3] + 0.5))
            j = int(np.floor(rays[n, 1] + at * rays[n, 4] + 0.5))
            k = int(np.floor(rays[n, 2] + at * rays[n, 5] + 0.5))
            if 0 <= i < nx and 0 <= j < ny and 0 <= k < nz:
                taken = power * lost[i, j, k]
                heat[i, j, k] += absorbed * taken
                power -= taken
        leaving += power
    return leaving
