"""The maps of key moments: read from beside the entries, and what they say of coverage and dose."""

import attrs
import numpy as np

from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.core.dose import DoseVariant
from syntherm.core.plan.values import Plan
from syntherm.reports.regions import VALID, Mask, Volume, inside
from syntherm.reports.values import Moment


@attrs.frozen(eq=False)
class KeyMaps:
    """One key moment. Volumes of shape (nx, ny, nz); NaN where nothing is known.

    Of the drug three volumes: central, lowest and highest. Empty, or None, where the record keeps none.
    """

    moment: Moment
    temperature_degC: Volume
    dose_min: Volume
    dose_cut39_min: Volume | None = None
    drug_tissue_ug_per_ml: tuple[Volume, ...] = ()
    drug_co_exposure_ug_min_per_ml: tuple[Volume, ...] = ()


@attrs.frozen
class Coverage:
    """The target at one key moment. Shares are of all its voxels: one without a valid temperature counts as cold."""

    moment: Moment
    voxels: int
    valid: int
    warm_fraction: float
    in_range_fraction: float
    mean_degC: float | None
    lowest_degC: float | None
    highest_degC: float | None


@attrs.frozen
class RegionDose:
    """Thermal dose of one region in CEM43 minutes, of the estimate; None where no voxel ever had a temperature."""

    name: str
    voxels: int
    known: int
    median_min: float | None
    cold90_min: float | None
    highest_min: float | None
    limit_min: float | None


def load(reader: AuditReader, moments: tuple[Moment, ...], plan: Plan) -> tuple[KeyMaps, ...]:
    """The maps of all key moments. Raises UnreadableRecord for a map that is missing or is not on the plan's grid."""
    return tuple(_load(reader, moment, plan) for moment in moments)


def _load(reader: AuditReader, moment: Moment, plan: Plan) -> KeyMaps:
    validity = _volume(reader, moment.validity, plan)
    temperature = np.where(validity == VALID, _volume(reader, moment.temperature, plan), np.nan)
    dose = _volume(reader, moment.dose, plan)
    cut39 = None if moment.dose_cut39 is None else _volume(reader, moment.dose_cut39, plan)
    # A voxel that never had a valid temperature gained nothing: its dose is not known rather than zero.
    known = (dose > 0.0) | (validity == VALID)
    return KeyMaps(
        moment,
        temperature,
        np.where(known, dose, np.nan),
        None if cut39 is None else np.where(known, cut39, np.nan),
        _three(reader, moment.drug_tissue, plan),
        _three(reader, moment.drug_co_exposure, plan),
    )


def _three(reader: AuditReader, digest: str | None, plan: Plan) -> tuple[Volume, ...]:
    """Central, lowest and highest value of a map of the drug."""
    if digest is None:
        return ()
    array, wanted = reader.array(digest), (3, int(np.prod(plan.scanner.matrix)))
    if array.shape != wanted or array.dtype.kind != "f":
        raise UnreadableRecord(f"{reader.path}: array {digest[:12]} is no map of 3 times {wanted[1]} voxels")
    return tuple(row.astype(np.float64).reshape(plan.scanner.matrix) for row in array)


def _volume(reader: AuditReader, digest: str, plan: Plan) -> Volume:
    array = reader.array(digest)
    wanted = int(np.prod(plan.scanner.matrix))
    if array.size != wanted or not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise UnreadableRecord(f"{reader.path}: array {digest[:12]} is no map of {wanted} voxels")
    return array.astype(np.float64).reshape(plan.scanner.matrix)


def coverage(maps: KeyMaps, plan: Plan) -> Coverage:
    """How much of the target is warm and in range."""
    heating = plan.heating
    values = maps.temperature_degC[inside(plan.target, plan.scanner)]
    known = values[np.isfinite(values)]
    warm = known >= heating.range_cold90_min_degC
    return Coverage(
        moment=maps.moment,
        voxels=len(values),
        valid=len(known),
        warm_fraction=float(warm.sum()) / max(1, len(values)),
        in_range_fraction=float((warm & (known <= heating.range_hot10_max_degC)).sum()) / max(1, len(values)),
        mean_degC=float(known.mean()) if len(known) else None,
        lowest_degC=float(known.min()) if len(known) else None,
        highest_degC=float(known.max()) if len(known) else None,
    )


def doses(maps: KeyMaps, plan: Plan, variant: DoseVariant = DoseVariant.WHOLE) -> tuple[RegionDose, ...]:
    """The dose of the target and of each guard region; none where the record does not keep that variant."""
    volume = maps.dose_min if variant is DoseVariant.WHOLE else maps.dose_cut39_min
    if volume is None:
        return ()
    target = _dose("target", inside(plan.target, plan.scanner), volume, None)
    return (
        target, *(_dose(g.name, inside(g, plan.scanner), volume, g.max_cem43_min) for g in plan.guard)
    )  # fmt: skip


def _dose(name: str, mask: Mask, volume: Volume, limit_min: float | None) -> RegionDose:
    values = volume[mask]
    known = values[np.isfinite(values)]
    if not len(known):
        return RegionDose(name, len(values), 0, None, None, None, limit_min)
    median, cold90 = float(np.median(known)), float(np.quantile(known, 0.1))
    return RegionDose(name, len(values), len(known), median, cold90, float(known.max()), limit_min)
