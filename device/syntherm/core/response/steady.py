"""What steady power on each focal point holds, for each perfusion of a grid: computed of the plan, before the session.

The model is linear in its gain and in the powers, so that the day only scales these responses and chooses between them.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.control.foci import Foci
from syntherm.core.control.lattice import Lattice, Vector, lay_lattice
from syntherm.core.control.thermal_model import DIFFUSIVITY_MM2_PER_S, Sines, patterns_of
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.regions import Indices, Layout

PERFUSIONS: Final = tuple(0.0008 * 2.0 ** (step / 2.0) for step in range(12))
"""Per second."""
BINS: Final = 64


@attrs.frozen(eq=False)
class Steady:
    """At gain 1, for each perfusion of the grid, degC per watt on each point.

    `target`: of the target's cells, shape (perfusions, cells, points), with their `share` of the target. `hottest`: of
    the blocks of guards and target, shape (perfusions, blocks, points), with the rise that each may have in `limits`
    and its region, 0 for the target, in `region`. `warming`: what each point adds to each region's mean, degC/s per
    watt, by bins that spread alike (`spread_per_mm2`), shape (regions, bins, points).
    """

    target: Vector
    share: Vector
    hottest: Vector
    limits: Vector
    region: Indices
    warming: Vector
    spread_per_mm2: Vector

    @classmethod
    def of(cls, plan: Plan, layout: Layout, foci: Foci) -> "Steady":
        """Of the plan alone: the same for every day."""
        lattice = lay_lattice(plan, layout)
        patterns = patterns_of(lattice, foci, plan)
        sines = patterns.sines
        blocks, limits, region = _bounded(plan, lattice)
        heat = sines.turned(np.ascontiguousarray(patterns.points.T))
        target, hottest = [], []
        for perfusion in PERFUSIONS:
            per_s = DIFFUSIVITY_MM2_PER_S * sines.spread_per_mm2 + perfusion
            held = np.maximum(sines.turned(heat / per_s), 0.0).T
            target.append(held[lattice.target])
            hottest.append(held[lattice.within[blocks]].max(axis=1))
        bins, spread = _binned(sines)
        warming = np.stack([_summed(heat * sines.turned(mean), bins) for mean in _means(lattice)])
        return cls(np.stack(target), lattice.target_share, np.stack(hottest), limits, region, warming, spread)

    def mean(self, perfusion_per_s: float) -> Vector:
        """Of each region, degC per watt on each point, shape (regions, points)."""
        per_s = DIFFUSIVITY_MM2_PER_S * self.spread_per_mm2 + perfusion_per_s
        return np.asarray((self.warming / per_s[None, :, None]).sum(axis=1))

    def at(self, responses: Vector, perfusion_per_s: float) -> Vector:
        """Responses between two perfusions of the grid; beyond its ends, those of the end."""
        place = np.interp(np.log(perfusion_per_s), np.log(PERFUSIONS), np.arange(len(PERFUSIONS)))
        low = min(int(place), len(PERFUSIONS) - 2)
        part = float(place) - low
        return np.asarray((1.0 - part) * responses[low] + part * responses[low + 1])


def _bounded(plan: Plan, lattice: Lattice) -> tuple[Indices, Vector, Indices]:
    """The blocks of the target and of every guard, the rise that each may have, and its region."""
    baseline_degC = plan.heating.baseline_degC
    regions = [(lattice.target_blocks, plan.limits.target_max_degC)]
    regions += [(blocks, guard.max_degC) for blocks, guard in zip(lattice.guards, plan.guard, strict=True)]
    limits = [np.full(len(blocks), highest - baseline_degC) for blocks, highest in regions]
    region = [np.full(len(blocks), number) for number, (blocks, _) in enumerate(regions)]
    return np.concatenate([blocks for blocks, _ in regions]), np.concatenate(limits), np.concatenate(region)


def _means(lattice: Lattice) -> list[Vector]:
    """Weights of the cells that make the mean of the target, and of each guard."""
    mean = np.zeros(lattice.cells)
    mean[lattice.target] = lattice.target_share
    means = [mean]
    for blocks in lattice.guards:
        mean, cells = np.zeros(lattice.cells), lattice.within[blocks].reshape(-1)
        mean[cells] = 1.0 / max(len(cells), 1)
        means.append(mean)
    return means


def _summed(seen: Vector, bins: Indices) -> Vector:
    return np.stack([np.bincount(bins, weights=each, minlength=BINS) for each in seen], axis=1)


def _binned(sines: Sines) -> tuple[Indices, Vector]:
    logs = np.log(sines.spread_per_mm2)
    edges = np.linspace(logs.min(), logs.max(), BINS + 1)[1:-1]
    bins = np.searchsorted(edges, logs)
    count = np.maximum(np.bincount(bins, minlength=BINS), 1)
    return bins, np.bincount(bins, weights=sines.spread_per_mm2, minlength=BINS) / count
