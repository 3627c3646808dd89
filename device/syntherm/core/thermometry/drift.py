"""Field drift of zero and first order, measured in unheated reference regions and taken out everywhere.

Weighted least squares on the phase left after the mean phasor is removed, and again, three times, after what lies
far from the median residual is dropped.
Facts: Bing 2016 corrects zero and first order together; breathing and drift are mostly of these orders.
"""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.thermometry.regions import Layout

Vector = NDArray[np.float64]
_SCALE_MM = 50.0
_OUTLIER_MADS = 4.0
_SD_PER_MAD = 1.4826
_TERMS = 4
_FEWEST_VOXELS = 12
_REJECTIONS = 3
_LARGEST_CONDITION = 1e8
"""Of the normal matrix: beyond it the references do not span all three axes."""


@attrs.frozen(eq=False)
class Drift:
    """The fitted field.

    `field_rad` and `variance_rad2` have one entry per voxel; `zero_order_rad` is the mean phasor's angle;
    `residual_rad` is the SD of what the fit leaves in the reference voxels that it kept.
    """

    field_rad: NDArray[np.float32]
    variance_rad2: NDArray[np.float32]
    zero_order_rad: float
    residual_rad: float


def basis(points_mm: NDArray[np.float32]) -> Vector:
    """Columns 1, x, y, z in units of 50 mm; shape (voxels, 4)."""
    scaled = points_mm.astype(np.float64) / _SCALE_MM
    return np.concatenate([np.ones((len(scaled), 1)), scaled], axis=1)


def _solve(columns: Vector, angles: Vector, weights: Vector) -> tuple[Vector, Vector] | None:
    """Coefficients and their covariance by unit variance; None if too few voxels, or all in a plane, are left."""
    weighted = columns * weights[:, None]
    normal = weighted.T @ columns
    if len(columns) < _FEWEST_VOXELS or not bool(np.isfinite(normal).all()):
        return None
    if not np.linalg.cond(normal) < _LARGEST_CONDITION:
        return None
    inverse: Vector = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    return inverse @ (weighted.T @ angles), inverse


def _near(left: Vector) -> NDArray[np.bool_]:
    """Which residuals lie near their median."""
    apart = np.abs(left - np.median(left))
    return np.asarray(apart <= _OUTLIER_MADS * _SD_PER_MAD * np.median(apart))


@attrs.frozen(eq=False)
class Fit:
    """Coefficients of the columns of `basis`, their covariance by unit variance, and the residual's variance."""

    coefficients: Vector
    inverse: Vector
    zero_order_rad: float
    residual_rad2: float

    @property
    def field(self) -> Vector:
        """The whole field's coefficients: mean and slopes, rad."""
        return np.asarray(self.coefficients + np.array([self.zero_order_rad, 0.0, 0.0, 0.0]), dtype=np.float64)


def fit_drift(product: ComplexVolume, layout: Layout, usable: NDArray[np.bool_]) -> Drift | None:
    """Fit the drift in the usable reference voxels; None when too few are left to fit anything.

    `product` is a phase difference (any shape), `usable` a flat mask over its voxels.
    """
    fit = fit_reference(product, layout, usable)
    if fit is None:
        return None
    everywhere = basis(layout.points_mm)
    # In the order of earlier releases, whose records are executed again bit for bit.
    spread = ((everywhere @ fit.inverse) * everywhere).sum(axis=1)
    return Drift(
        field_rad=(fit.zero_order_rad + everywhere @ fit.coefficients).astype(np.float32),
        variance_rad2=(fit.residual_rad2 * spread).astype(np.float32),
        zero_order_rad=fit.zero_order_rad,
        residual_rad=fit.residual_rad2**0.5,
    )


def fit_reference(product: ComplexVolume, layout: Layout, usable: NDArray[np.bool_]) -> Fit | None:
    """As `fit_drift`, without the field everywhere."""
    kept = layout.reference[usable[layout.reference]]
    if len(kept) < _FEWEST_VOXELS:
        return None
    phasors = product.reshape(-1)[kept].astype(np.complex128)
    zero = complex(phasors.sum())
    angles = np.angle(phasors * np.conj(zero))
    columns, weights = basis(layout.points_mm[kept]), np.abs(phasors) / np.abs(phasors).mean()
    good = np.ones(len(kept), dtype=np.bool_)
    for _ in range(_REJECTIONS + 1):
        solved = _solve(columns[good], angles[good], weights[good])
        if solved is None:
            return None
        coefficients, inverse = solved
        fitted, left = good, angles - columns @ coefficients
        good = _near(left)
    left = left[fitted]
    residual2 = float((weights[fitted] * left * left).sum() / (int(fitted.sum()) - _TERMS))
    return Fit(coefficients, inverse, float(np.angle(zero)), residual2)


def drift_of(fit: Fit, everywhere: Vector) -> Drift:
    """The field of a fit on `everywhere`, the basis of all voxels, made once."""
    variance = fit.residual_rad2 * np.einsum("ij,ij->i", everywhere @ fit.inverse, everywhere)
    return Drift(
        field_rad=(fit.zero_order_rad + everywhere @ fit.coefficients).astype(np.float32),
        variance_rad2=variance.astype(np.float32),
        zero_order_rad=fit.zero_order_rad,
        residual_rad=fit.residual_rad2**0.5,
    )
