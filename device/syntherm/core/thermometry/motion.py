"""How far an image has moved, from its magnitude: three translations against the learned reference.

The reference's magnitude is linearised in the displacement (gradients learned once) and solved by least squares over
many voxels, outliers cut; beyond a part of a voxel the reference is moved and the rest solved again. The reference
is moved by linear interpolation of its complex signal, so that its phase goes with the tissue.
Facts: 3 mm unnoticed overheat the tumour under every controller; without following the centre frequency an image
shifts by 0.1 mm/min.
"""

from math import hypot

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.plan.values import Vigilance
from syntherm.core.thermometry.neighbours import slope
from syntherm.core.thermometry.regions import Indices

Vector = NDArray[np.float64]
Rows = NDArray[np.float32]
Offset = tuple[float, float, float]

STILL: Offset = (0.0, 0.0, 0.0)
_LINEAR_VOXELS = 0.2
"""Steps below this part of a voxel need no second look."""
_LOOKS = 4
_CUTS = 2
_CUT_SDS = 6.0
_CUT_VOXELS = 0.5
"""A residual may be what this part of a voxel of movement explains, before it counts as an outlier."""
_PRIOR_MM = 1.0
"""What the magnitude says nothing about (a tube along its own axis) is taken as still, to within this."""
_FEWEST_VOXELS = 30
_MOST_VOXELS = 16000
_LEAST_GAIN = 0.2
"""A dimmer image shows nothing to match."""
_LOST_MM = 20.0
_SIGNIFICANT = 2.0


@attrs.frozen(eq=False)
class Matcher:
    """One body's part of the reference that is matched.

    `rows` [4, n]: magnitude, then its change per millimetre of displacement; `solve` [4, n] their pseudo-inverse;
    `spread_mm` [3]: standard uncertainty of the displacement by a unit residual; `residual`: SD of what matching
    leaves in one channel of a still image.
    """

    voxels: Indices
    magnitude: Rows
    rows: Rows
    solve: Rows
    spread_mm: Vector
    residual: float
    voxel_mm: Offset


@attrs.frozen
class Displacement:
    """Where the body is, seen from the baseline, with standard uncertainties.

    `noise_mm`: the part of them that is there at rest, too. `gain`: the image's magnitude over the reference's.
    `misfit`: residual over that of a still image. `settled`: whether the last look found hardly anything more.
    """

    offset_mm: Offset
    sd_mm: Offset
    noise_mm: Offset
    gain: float
    misfit: float
    settled: bool

    @property
    def length_mm(self) -> float:
        """Distance moved."""
        return float(np.linalg.norm(self.offset_mm))


_FAR = (float("inf"), float("inf"), float("inf"))
_LOST = Displacement(STILL, _FAR, _FAR, gain=0.0, misfit=float("inf"), settled=False)


@attrs.frozen
class Placing:
    """How the reference was moved: `offset_mm`, of which `own_mm` is the body's own, and its standard uncertainty.

    `image_mm`: shift of the whole image, as the reference regions show it.
    """

    offset_mm: Offset
    own_mm: Offset
    sd_mm: Offset
    image_mm: Offset = STILL


def placing_of(body: Displacement, tubes: Displacement | None) -> Placing:
    """Axes along which nothing stands clear of the uncertainty stay where they are, and are the more uncertain."""
    offset = significant(body)
    left = (hypot(sd, found - used) for sd, found, used in zip(body.sd_mm, body.offset_mm, offset, strict=True))
    x, y, z = left
    return Placing(offset, _own(body, tubes, offset), (x, y, z), STILL if tubes is None else tubes.offset_mm)


def _own(body: Displacement, tubes: Displacement | None, offset: Offset) -> Offset:
    """What the body moved against the reference regions; none where both moved alike, as a shifted image does."""
    if tubes is None:
        return offset
    apart = [a - b for a, b in zip(body.offset_mm, tubes.offset_mm, strict=True)]
    noise = [hypot(a, b) for a, b in zip(body.sd_mm, tubes.sd_mm, strict=True)]
    x, y, z = (
        gap if used != 0.0 and abs(gap) > _SIGNIFICANT * sd else 0.0
        for gap, sd, used in zip(apart, noise, offset, strict=True)
    )
    return x, y, z


def significant(found: Displacement) -> Offset:
    """The displacement along the axes on which it stands clear of its uncertainty, and none along the others."""
    x, y, z = (
        offset if abs(offset) > _SIGNIFICANT * sd else 0.0
        for offset, sd in zip(found.offset_mm, found.noise_mm, strict=True)
    )
    return x, y, z


def thinned(voxels: Indices, most: int) -> Indices:
    """Every so many of the voxels, so that no more than `most` are left."""
    return voxels[:: max(1, -(-len(voxels) // most))]


def matcher(reference: ComplexVolume, voxels: Indices, noise: float, voxel_mm: Offset) -> Matcher | None:
    """What is matched on these voxels (flat); None when they are too few. `noise` is one channel's SD."""
    if len(voxels) < _FEWEST_VOXELS:
        return None
    voxels = thinned(voxels, _MOST_VOXELS)
    size = np.abs(reference).astype(np.float32)
    gradients = [slope(size, axis, spacing).reshape(-1)[voxels] for axis, spacing in enumerate(voxel_mm)]
    magnitude = size.reshape(-1)[voxels]
    rows = np.stack([magnitude, *(-gradient for gradient in gradients)]).astype(np.float64)
    normal = rows @ rows.T
    prior = np.diag([0.0, *([(noise / _PRIOR_MM) ** 2] * 3)])
    inverse = np.linalg.inv(normal + prior)
    return Matcher(
        voxels=voxels,
        magnitude=magnitude,
        rows=rows.astype(np.float32),
        solve=(inverse @ rows).astype(np.float32),
        spread_mm=np.sqrt(np.diag(inverse)[1:]),
        residual=noise,
        voxel_mm=voxel_mm,
    )


def displaced(known: Matcher, reference: ComplexVolume, size: Rows, watching: Vigilance) -> Displacement:
    """The displacement of an image whose magnitude is `size` (flat)."""
    now, offset, template = size[known.voxels], np.zeros(3), known.magnitude
    if not bool(np.isfinite(now).all()):
        return _LOST
    gain, misfit, settled = 1.0, float("inf"), False
    for _ in range(_LOOKS):
        step, left = _fitted(known, now - template)
        gain = 1.0 + float(step[0])
        if gain < _LEAST_GAIN:
            return _LOST
        offset = offset + step[1:] / gain
        misfit = _scatter(left) / (known.residual * gain)
        settled = bool((np.abs(step[1:]) <= _LINEAR_VOXELS * np.asarray(known.voxel_mm)).all())
        if settled or not bool((np.abs(offset) < _LOST_MM).all()):
            break
        there = moved(reference, _offset(offset), known.voxel_mm)
        template = np.abs(there.reshape(-1)[known.voxels])
    # What is not simple about movement (edges, thick slices) errs in proportion to it.
    noise = np.maximum(known.spread_mm * known.residual * max(misfit, 1.0), watching.displacement_floor_mm)
    sd = np.hypot(noise, watching.displacement_relative * offset)
    return Displacement(_offset(offset), _offset(sd), _offset(noise), gain, misfit, settled)


def _offset(values: Vector) -> Offset:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _fitted(known: Matcher, left: Rows) -> tuple[Vector, Rows]:
    """Gain less one and displacement, and what they leave; outliers are cut to what could still be movement."""
    step = known.solve @ left
    slack = np.abs(known.rows[1:]).sum(axis=0) * np.float32(_CUT_VOXELS * min(known.voxel_mm))
    limit = np.float32(_CUT_SDS * known.residual) + slack
    rest = left - step @ known.rows
    for _ in range(_CUTS):
        step = step + known.solve @ np.clip(rest, -limit, limit)
        rest = left - step @ known.rows
    return step.astype(np.float64), np.asarray(rest, dtype=np.float32)


def _scatter(left: Rows) -> float:
    return float(np.sqrt(np.mean(left.astype(np.float64) ** 2)))


def moved(volume: ComplexVolume, offset_mm: Offset, voxel_mm: Offset) -> ComplexVolume:
    """`volume` displaced by `offset_mm`, by linear interpolation; what comes in from outside is the edge again."""
    for axis, (offset, spacing) in enumerate(zip(offset_mm, voxel_mm, strict=True)):
        if offset != 0.0:
            volume = _along(volume, axis, offset / spacing)
    return volume


def _along(volume: ComplexVolume, axis: int, voxels: float) -> ComplexVolume:
    whole = int(np.trunc(voxels))
    values = np.moveaxis(volume, axis, 0)
    if whole != 0:
        values = values[np.clip(np.arange(len(values)) - whole, 0, len(values) - 1)]
    share = np.complex64(abs(voxels - whole))
    steps = values[1:] - values[:-1]
    steps *= share
    out = values.copy()
    if voxels > 0.0:
        out[1:] -= steps
    else:
        out[:-1] += steps
    return np.moveaxis(out, 0, axis)
