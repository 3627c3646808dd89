"""Where the local fits start: a beat has many local optima, one for every wrong count of its periods."""

import numpy as np

from syntherm.qa.model import Array, Echoes, NoFit, RANGE_degC, shift_ppm

_DECAYS_per_s = (0.0, 10.0, 30.0, 80.0)
_STEP_ppm = 0.01
_MOST = 3


def seeds(echoes: Echoes, gains: int) -> tuple[Array, ...]:
    """Starts of the local fits, the most promising first.

    With one common decay the squared magnitude is linear in (1, cos, sin): solved exactly for every shift of a grid.
    """
    shifts = np.arange(shift_ppm(RANGE_degC[1]), shift_ppm(RANGE_degC[0]), _STEP_ppm)
    decay, shift = (grid.ravel() for grid in np.meshgrid(_DECAYS_per_s, shifts, indexing="ij"))
    angle = 2.0 * np.pi * echoes.frequency_MHz * shift[:, None] * echoes.time_s
    basis = np.stack([np.ones_like(angle), np.cos(angle), np.sin(angle)], axis=-1)
    basis *= np.exp(-2.0 * decay[:, None] * echoes.time_s)[..., None]
    squared = echoes.magnitude**2
    weights = np.linalg.pinv(basis) @ squared
    misfit = np.sum((np.einsum("gek,gk->ge", basis, weights) - squared) ** 2, axis=1)
    # A start with the components opposed at echo time 0 is an alias, not glycol.
    misfit = np.where(weights[:, 1] > np.abs(weights[:, 2]), misfit, np.inf)
    by_shift = misfit.reshape(len(_DECAYS_per_s), -1).min(axis=0)
    padded = np.concatenate(([np.inf], by_shift, [np.inf]))
    minima = np.flatnonzero((by_shift <= padded[:-2]) & (by_shift <= padded[2:]) & np.isfinite(by_shift))
    if not len(minima):
        raise NoFit("no beat between two components")
    chosen = minima[np.argsort(by_shift[minima])][:_MOST]
    points = [int(np.argmin(np.where(shift == shifts[index], misfit, np.inf))) for index in chosen]
    return tuple(
        _seed(weights[point], decays, float(shift[point]), gains)
        for point in points
        # Which of the two decays faster is open, and a local fit rarely finds its way from one case to the other.
        for decays in ((0.5 * decay[point], 1.5 * decay[point] + 5.0), (1.5 * decay[point] + 5.0, 0.5 * decay[point]))
    )


def _seed(weights: Array, decays_per_s: tuple[float, float], at_ppm: float, gains: int) -> Array:
    """The model's parameters from the weights of (1, cos, sin): A^2 + B^2, 2 A B cos(phase), -2 A B sin(phase)."""
    total, cosine, sine = weights
    product = min(np.hypot(cosine, sine), 0.95 * max(total, 1e-6))
    sum_, difference = np.sqrt(total + product), np.sqrt(max(total - product, 0.0))
    a, b = (sum_ + difference) / 2.0, (sum_ - difference) / 2.0
    phase = np.arctan2(-sine, cosine)
    return np.array([a, b, *decays_per_s, at_ppm, phase, 100.0, *[1.0] * gains])
