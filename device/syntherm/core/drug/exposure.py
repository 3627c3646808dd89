"""What is shown of the drug: maps and regions as intervals over the members, never one number.

An interval reaches from the lowest to the highest member and holds the central one. It covers the stated ranges of the
parameters and the bounds of temperature; it is no confidence interval, and knows nothing of what the model leaves out.
"""

from enum import Enum, unique
from math import ceil
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.bounds import Bounded
from syntherm.core.drug.kinetics import DrugModel, DrugState
from syntherm.core.drug.ledger import Ledger
from syntherm.core.drug.members import Array
from syntherm.core.drug.systemic import COLUMNS, LEAKED, free_ug_per_ml, liposomal_ug_per_ml
from syntherm.core.drug.tissue import CELLS, FREE, INTERSTITIAL

Indices = NDArray[np.intp]
_SECONDS_PER_MINUTE: Final = 60.0
_UG_PER_MG: Final = 1000.0
_ROUNDING: Final = 1e-9


@unique
class Shown(Enum):
    """What a map may show, with its unit."""

    TISSUE = "doxorubicin in tissue, ug/mL"
    """All of it: in vessels, encapsulated or free, in interstitium and in cells. What a sample of tissue holds."""
    INTERSTITIAL = "free doxorubicin in interstitium, ug/mL of tissue"
    CELLS = "doxorubicin in cells, ug/mL of tissue"
    FREED = "free doxorubicin outside vessels, ug/mL of tissue"
    RELEASED = "released in the vessels so far, ug/mL of tissue"
    CO_EXPOSURE = "encapsulated drug in plasma times opened share of release, ug min/mL"


@attrs.frozen(eq=False)
class Band:
    """One map with its lower and upper bound, each of shape (n,)."""

    central: Array
    lower: Array
    upper: Array


@attrs.frozen
class RegionDrug:
    """One region: its mean, and what a tenth (`high10`) and nine tenths (`low90`) of its volume exceed."""

    name: str
    voxels: int
    mean: Bounded
    high10: Bounded
    low90: Bounded


@attrs.frozen
class BodyDrug:
    """The drug in the body: concentrations in plasma in ug/mL, the rest in mg.

    `infused_heated_mg` reached the patient while the target was in range, `infused_unheated_mg` while it was not
    or was not known to be. `released_mg` was released in the vessels of the voxels, `leaked_mg` everywhere else.
    """

    liposomal_ug_per_ml: Bounded
    free_ug_per_ml: Bounded
    infused_heated_mg: float
    infused_unheated_mg: float
    released_mg: Bounded
    leaked_mg: Bounded


def members(state: DrugState, shown: Shown) -> Array:
    """What is shown of each member in each voxel, shape (m, n)."""
    if shown is Shown.RELEASED:
        return state.released
    if shown is Shown.CO_EXPOSURE:
        return state.co_exposure / _SECONDS_PER_MINUTE
    pools = {
        Shown.TISSUE: slice(None),
        Shown.INTERSTITIAL: slice(INTERSTITIAL, CELLS),
        Shown.CELLS: slice(CELLS, None),
        Shown.FREED: slice(FREE + 1, None),
    }
    return np.asarray(state.tissue[:, pools[shown]].sum(axis=1))


def _bounded(found: Array) -> Bounded:
    return Bounded(float(found[0]), float(found.min()), float(found.max()))


def band(state: DrugState, shown: Shown) -> Band:
    """A map: the central member, and the lowest and highest of all in each voxel."""
    found = members(state, shown)
    return Band(found[0].copy(), found.min(axis=0), found.max(axis=0))


def above_release(state: DrugState) -> Band:
    """Seconds at or above the plan's release temperature with drug given, by the bounds of temperature."""
    lower, central, upper = state.above_release_s
    return Band(central, lower, upper)


def region(name: str, voxels: Indices, state: DrugState, model: DrugModel, shown: Shown) -> RegionDrug:
    """A region by volume. Raises ValueError for a region without voxels: nothing is known of it."""
    if len(voxels) == 0:
        raise ValueError(f"region {ascii(name)[:40]}: expected at least one voxel")
    found = members(state, shown)[:, voxels]
    volume = model.voxel_ml[voxels]
    low90, high10 = _tenths(found, volume)
    return RegionDrug(
        name=name,
        voxels=len(voxels),
        mean=_bounded(found @ volume / volume.sum()),
        high10=_bounded(high10),
        low90=_bounded(low90),
    )


def _tenths(found: Array, volume: Array) -> tuple[Array, Array]:
    """What nine tenths and what one tenth of the volume reach, of each member, shapes (m,)."""
    if bool((volume == volume[0]).all()):
        # Voxels of one size need not be sorted, only counted.
        nine, one = (len(volume) - _count(fraction, len(volume)) for fraction in (0.9, 0.1))
        parted = np.partition(found, (nine, one), axis=1)
        return parted[:, nine], parted[:, one]
    return _exceeded_by(0.9, found, volume), _exceeded_by(0.1, found, volume)


def _count(fraction: float, voxels: int) -> int:
    """The fewest of equal voxels that are at least `fraction` of all. A share that is met but for rounding is met."""
    return ceil(fraction * voxels * (1.0 - _ROUNDING))


def _exceeded_by(fraction: float, found: Array, volume: Array) -> Array:
    """The value of each member that is reached by at least `fraction` of the volume, shape (m,)."""
    falling = np.argsort(-found, axis=1, kind="stable")
    reached = np.cumsum(volume[falling], axis=1)
    # A share that is met but for rounding is met; the last of the sums always is.
    place = np.argmax(reached >= fraction * reached[:, -1:] * (1.0 - _ROUNDING), axis=1)
    rows = np.arange(len(found))
    return np.asarray(found[rows, falling[rows, place]])


def reached_share(voxels: Indices, state: DrugState, model: DrugModel, shown: Shown, level: float) -> Bounded:
    """Share of a region's volume that holds at least `level`. Raises ValueError for a region without voxels."""
    if len(voxels) == 0:
        raise ValueError("share of a region: expected at least one voxel")
    volume = model.voxel_ml[voxels]
    return _bounded((members(state, shown)[:, voxels] >= level) @ volume / volume.sum())


def body(state: DrugState, model: DrugModel, ledger: Ledger) -> BodyDrug:
    """The drug in the body, and how much of it was infused into heat by the ledger's account."""
    followed = model.members
    return BodyDrug(
        liposomal_ug_per_ml=_bounded(liposomal_ug_per_ml(state.body_mg, followed)),
        free_ug_per_ml=_bounded(free_ug_per_ml(state.body_mg, followed)),
        infused_heated_mg=ledger.heated_ml * model.concentration_mg_per_ml,
        infused_unheated_mg=ledger.unheated_ml * model.concentration_mg_per_ml,
        released_mg=_bounded(state.released @ model.voxel_ml / _UG_PER_MG),
        leaked_mg=_bounded(state.body_mg[:, LEAKED]),
    )


def unaccounted_mg(state: DrugState, model: DrugModel) -> Array:
    """What was infused less all that the model holds or has eliminated, per member: nothing but rounding."""
    held = state.body_mg[:, : COLUMNS - 1].sum(axis=1) + state.tissue.sum(axis=1) @ model.voxel_ml / _UG_PER_MG
    return np.asarray(state.patient_ml * model.concentration_mg_per_ml - held)
