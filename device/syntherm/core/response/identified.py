"""What the images of both shots say of the tissue: how fast heat leaves the focus, by spreading and by blood.

Heat is summed over shells around the first shot's place: what spreads leaves the inner one for the next, what blood
takes is gone from all. Every tissue of a grid is compared with all images; gains and a shift that all voxels share are
fitted for each. What is stated is the grid's posterior: little energy leaves it wide, and it says so.
"""

from itertools import pairwise
from math import erf
from typing import Final

import numpy as np

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.control.lattice import Vector
from syntherm.core.response.beam_map import CELLS, Tissue, corners
from syntherm.core.response.located import Located
from syntherm.core.response.trial import Glimpse, Groundwork, Trial
from syntherm.core.thermometry.regions import Indices

SHELLS_MM: Final = ((0.0, 4.5), (4.5, 8.0), (8.0, 12.0))
DIFFUSIVITIES: Final = (0.08, 0.11, 0.14, 0.17)
PERFUSIONS: Final = tuple(0.0008 * 2.0 ** (step / 3.0) for step in range(17))
"""Per second: the stated range of a factor of 3 about 0.004, and twice as far."""
TIMES_S: Final = tuple(2.0 * 1.08**step for step in range(78))
CORE_MM: Final = 5.0
_TINY: Final = 1e-12


def spread_of(trial: Trial, ground: Groundwork, found: Located, again: Located, k: float) -> tuple[Bounded, Bounded]:
    """Diffusivity, mm2/s, and perfusion, per second, with bounds at a coverage factor; UNKNOWN if not seen."""
    seen = _observed(trial, ground, found)
    if seen is None:
        return UNKNOWN, UNKNOWN
    values, sds, shells = seen
    at_s = np.asarray([each.acquired_s for each in trial.images])
    parts = [
        (sent, np.stack([ground.beam.weighed(_scattered(ground.at_mm[shell] - np.asarray(place))) for shell in shells]))
        for sent, place in ((trial.first, found.place_mm), (trial.second, again.place_mm))
    ]
    common = max(float(np.median([each.common_degC for each in trial.images])), 1e-3)
    misfits = np.zeros((len(DIFFUSIVITIES), len(PERFUSIONS)))
    for i, diffusivity in enumerate(DIFFUSIVITIES):
        for j, perfusion in enumerate(PERFUSIONS):
            tissue = Tissue(diffusivity, perfusion)
            columns = [(ground.beam.driven(sent, at_s, tissue) @ part.T).T.reshape(-1) for sent, part in parts]
            misfits[i, j] = _misfit(columns, values.reshape(-1), np.repeat(sds, len(at_s)), common)
    scale = max(float(misfits.min()) / max(values.size - 5, 1), 1.0)
    likely = np.exp(-0.5 * (misfits - misfits.min()) / scale)
    spreading = bounded_over(np.asarray(DIFFUSIVITIES), likely.sum(axis=1), k)
    blood = bounded_over(np.log(PERFUSIONS), likely.sum(axis=0), k)
    return spreading, Bounded(float(np.exp(blood.estimate)), float(np.exp(blood.lower)), float(np.exp(blood.upper)))


def _observed(trial: Trial, ground: Groundwork, found: Located) -> tuple[Vector, Vector, list[Indices]] | None:
    """Mean rise by shell and image, its standard uncertainty by shell, and the shells' voxels."""
    shells = _shells(trial, ground, found)
    if any(len(shell) == 0 for shell in shells):
        return None
    values = np.asarray([[each.rise_degC[shell].mean() for each in trial.images] for shell in shells])
    own2 = [float(np.mean([(1.0 / each.weights[shell]).mean() for each in trial.images])) for shell in shells]
    return values, np.sqrt(np.asarray(own2) / [len(shell) for shell in shells]), shells


def _shells(trial: Trial, ground: Groundwork, found: Located) -> list[Indices]:
    """Voxels of each shell that every image shows."""
    always = np.all([each.weights > 0.0 for each in trial.images], axis=0)
    away = np.linalg.norm(ground.at_mm - np.asarray(found.place_mm), axis=1)
    return [np.flatnonzero(always & (away >= low) & (away < high)) for low, high in SHELLS_MM]


def _scattered(at_mm: Vector) -> Vector:
    """Weights on the map that make the mean over so many positions."""
    flat, share = corners(at_mm)
    weights = share.reshape(-1) / len(at_mm)
    return np.asarray(np.bincount(flat.reshape(-1), weights=weights, minlength=CELLS**3), dtype=np.float64)


def _misfit(columns: list[Vector], values: Vector, sds: Vector, common_degC: float) -> float:
    """Least squared misfit over both gains, and over a shift that is as large as its uncertainty lets it be."""
    model = np.stack([*columns, np.ones(len(values))], axis=1) / sds[:, None]
    wanted = values / sds
    prior = np.zeros((3, 3))
    prior[2, 2] = common_degC**-2
    normal = model.T @ model + prior
    fitted = np.linalg.pinv(normal, hermitian=True) @ (model.T @ wanted)
    left = wanted - model @ fitted
    return float(left @ left + fitted @ prior @ fitted)


def bounded_over(grid: Vector, likely: Vector, k: float) -> Bounded:
    """Mean and bounds, at a coverage factor, over a grid of values that are so likely."""
    share = likely / likely.sum()
    tail = 0.5 * (1.0 - erf(k / 2.0**0.5))
    reached = np.cumsum(share)
    middle = float(grid @ share)
    lower = float(grid[int(np.searchsorted(reached, tail))])
    upper = float(grid[min(int(np.searchsorted(reached, 1.0 - tail)), len(grid) - 1)])
    return Bounded(middle, min(lower, middle), max(upper, middle))


def time_constant_s(trial: Trial, ground: Groundwork, found: Located, k: float) -> Bounded:
    """With which the focus cools after the first shot, s, within bounds; UNKNOWN where too little cooling is seen."""
    images = _cooling(trial)
    core = np.linalg.norm(ground.at_mm - np.asarray(found.place_mm), axis=1) <= CORE_MM
    weights = np.asarray([each.weights[core].sum() for each in images])
    if len(images) < 2 or not bool((weights > 0.0).all()):
        return UNKNOWN
    values = np.asarray([each.weights[core] @ each.rise_degC[core] for each in images]) / weights
    since_s = np.asarray([each.acquired_s for each in images]) - trial.first[-1].until_s
    fades = np.exp(-since_s[None, :] / np.asarray(TIMES_S)[:, None])
    heights = (fades @ (weights * values)) / ((fades * fades) @ weights)
    misfits = ((values[None, :] - heights[:, None] * fades) ** 2) @ weights
    best = int(np.argmin(misfits))
    if heights[best] <= 0.0:
        return UNKNOWN
    scale = max(float(misfits[best]) / max(len(images) - 2, 1), 1.0)
    within = np.flatnonzero(misfits <= misfits[best] + scale * k**2)
    return Bounded(TIMES_S[best], TIMES_S[int(within[0])], TIMES_S[int(within[-1])])


def _cooling(trial: Trial) -> list[Glimpse]:
    """The images between both shots."""
    ends_s = trial.second[0].from_s if trial.second else float("inf")
    return [each for each in trial.images if trial.first[-1].until_s <= each.acquired_s <= ends_s]


def scatter_degC(trial: Trial) -> float:
    """How much voxels differ from one image to the next beyond what all share, as the median of all pairs, degC.

    Measured in place, with the beam on and off; infinite where there are no two images.
    """
    found = []
    for before, after in pairwise(trial.images):
        both = (before.weights > 0.0) & (after.weights > 0.0)
        if bool(both.any()):
            found.append(float(np.std(after.rise_degC[both] - before.rise_degC[both])) / 2.0**0.5)
    return float(np.median(found)) if found else float("inf")
