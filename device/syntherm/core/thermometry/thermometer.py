"""One image to one temperature map: estimate, standard uncertainty and reason, voxel by voxel."""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.baseline import Baseline
from syntherm.core.thermometry.drift import Drift, fit_drift
from syntherm.core.thermometry.prfs import degC_per_radian, phase_difference, turned_back
from syntherm.core.thermometry.regions import Layout
from syntherm.core.thermometry.validity import Reason, Validity, judge

Map = NDArray[np.float32]


@attrs.frozen(eq=False)
class Thermal:
    """The temperatures of one image; every array is flat, one entry per voxel.

    `uncertainty_degC` is the whole standard uncertainty; `common_degC` the part of it that neighbours share (drift
    fit, unrest, shift coefficient, baseline) and that averaging does not reduce. Where `validity` is not VALID the
    numbers mean nothing. `last_valid_degC` is each voxel's latest valid temperature, the baseline's before the first.
    """

    temperature_degC: Map
    uncertainty_degC: Map
    common_degC: Map
    validity: Validity
    last_valid_degC: Map
    drift_degC: float
    residual_degC: float


@attrs.frozen(eq=False)
class Doubt:
    """What watching adds to the uncertainty: variances per voxel, and the noise of this image over the learned one.

    `common_rad2` is shared by neighbours, `own_degC2` is each voxel's own.
    """

    common_rad2: Map
    common_degC2: Map
    own_degC2: Map
    noise_ratio: float


def seen(size: Map, then: Map, baseline: Baseline, fat_fraction: Map, plan: Plan) -> Validity:
    """Reason per voxel, from the magnitude of an image and of the reference (flat)."""
    # Both images must carry the signal: the dimmer of the two decides.
    dimmer = np.minimum(size, then)
    return judge(
        (dimmer / np.float32(baseline.noise)).astype(np.float32),
        fat_fraction,
        np.sqrt(baseline.excess_rad2) * np.float32(abs(degC_per_radian(plan.scanner))),
        min_snr=plan.limits.min_snr,
        max_fat_fraction=plan.limits.max_fat_fraction,
        max_excess_degC=plan.limits.precision_degC,
    )


def _uncertainty(
    sizes: tuple[Map, Map], rise_degC: Map, baseline: Baseline, drift: Drift, plan: Plan, doubt: Doubt | None
) -> tuple[Map, Map]:
    scale2 = degC_per_radian(plan.scanner) ** 2
    noise2 = np.float32(baseline.noise**2)
    now2, then2 = (np.maximum(size**2, noise2) for size in sizes)
    own = scale2 * (noise2 / now2 + noise2 / (baseline.frames * then2))
    common = (
        scale2 * (baseline.excess_rad2 + drift.variance_rad2)
        + (plan.scanner.prf_relative_uncertainty * rise_degC) ** 2
        + plan.heating.baseline_uncertainty_degC**2
    )
    if doubt is not None:
        own = own * np.float32(max(doubt.noise_ratio, 1.0) ** 2) + doubt.own_degC2
        common = common + np.float32(scale2) * doubt.common_rad2 + doubt.common_degC2
    return np.sqrt(own + common).astype(np.float32), np.sqrt(common).astype(np.float32)


def measure(
    volume: ComplexVolume, baseline: Baseline, fat_fraction: Map, layout: Layout, plan: Plan, previous: Thermal | None
) -> Thermal | None:
    """Temperatures of `volume`; None when the drift cannot be fitted, so that no temperature is known.

    A voxel that lies more than the plan's step from its last valid temperature is invalid, and stays so until it is
    back: a wrap or a movement that lasts is as wrong in its second image as in its first.
    """
    product = phase_difference(volume, baseline.reference)
    sizes = np.abs(volume).reshape(-1), np.abs(baseline.reference).reshape(-1)
    validity = seen(*sizes, baseline, fat_fraction, plan)
    drift = fit_drift(product, layout, validity == Reason.VALID)
    if drift is None:
        return None
    angle = np.angle(turned_back(product, drift.field_rad.reshape(volume.shape))).reshape(-1)
    return shown(sizes, angle, validity, drift, baseline, plan, previous, None)


def rise_of(angle: Map, plan: Plan) -> Map:
    """Temperature rise per voxel, degC, of a phase difference, rad."""
    return (angle * np.float32(degC_per_radian(plan.scanner))).astype(np.float32)


def shown(
    sizes: tuple[Map, Map], angle: Map, validity: Validity, drift: Drift, baseline: Baseline, plan: Plan,
    previous: Thermal | None, doubt: Doubt | None,
) -> Thermal:  # fmt: skip
    """Temperatures of an image whose phase against the baseline, drift taken out, is `angle` (flat, rad).

    `sizes`: magnitude of the image and of the reference, flat.
    """
    scale = degC_per_radian(plan.scanner)
    rise = rise_of(angle, plan)
    temperature = (np.float32(plan.heating.baseline_degC) + rise).astype(np.float32)
    baseline_degC = np.full_like(temperature, plan.heating.baseline_degC)
    last_valid = baseline_degC if previous is None else previous.last_valid_degC
    jumped = np.abs(temperature - last_valid) > plan.limits.voxel_step_degC
    validity[jumped & (validity == Reason.VALID)] = Reason.STEP
    validity[~np.isfinite(temperature)] = Reason.NOT_A_NUMBER
    uncertainty, common = _uncertainty(sizes, rise, baseline, drift, plan, doubt)
    return Thermal(
        temperature_degC=temperature,
        uncertainty_degC=uncertainty,
        common_degC=common,
        validity=validity,
        last_valid_degC=np.where(validity == Reason.VALID, temperature, last_valid),
        drift_degC=abs(drift.zero_order_rad * scale),
        residual_degC=abs(drift.residual_rad * scale),
    )
