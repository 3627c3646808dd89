"""The drug in a voxel: encapsulated and free in its vessels, free in its interstitium, and in its cells.

Amounts in ug per mL of tissue. With arterial plasma at the concentrations l and c (ug/mL), vessels of plasma
fraction v, plasma flow F, release rate k(T), and exchange S with an interstitium of fraction e:

    encapsulated' = F l - (F/v + k) encapsulated
    free'         = F c - (F/v) free + k encapsulated - (S/v) free + (S/e) interstitial
    interstitial' = (S/v) free - (S/e) interstitial - uptake interstitial + efflux cells
    cells'        = uptake interstitial - efflux cells

In one step temperature is constant and the arterial concentrations are straight lines in time. The equations are then
solved exactly: encapsulated drug by one exponential, which drives three others whose modes do not depend on
temperature and are found once per member.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.core.drug.members import Array, Members

ENCAPSULATED: Final = 0
FREE: Final = 1
INTERSTITIAL: Final = 2
CELLS: Final = 3
POOLS: Final = 4
_NEARLY_EQUAL: Final = 1e-5
"""Below this difference of two exponents their divided difference is a series, exact to 2e-11."""


@attrs.frozen
class Artery:
    """Arterial concentrations of one member at both ends of a step, in ug/mL of plasma."""

    liposomal_before: float
    liposomal_after: float
    free_before: float
    free_after: float


@attrs.frozen(eq=False)
class Modes:
    """The three modes of free drug of every member: decay rates (m, 3) in 1/s and their vectors.

    `spread[m, pool, mode] x gathered[m, mode, pool]` adds up to one for the same pool: a pool's amount in modes.
    """

    decay_per_s: Array
    spread: Array
    gathered: Array


def modes_of(members: Members) -> Modes:
    """Modes of the exchange between vessels, interstitium and cells, none of which depends on temperature.

    The exchange is balanced in detail, so its matrix is a symmetric one in amounts scaled by their balance.
    """
    washout = members.plasma_flow_per_s / members.plasma_fraction
    out, back = members.exchange_per_s / members.plasma_fraction, members.exchange_per_s / members.interstitial_fraction
    symmetric = np.zeros((members.count, 3, 3))
    symmetric[:, 0, 0] = washout + out
    symmetric[:, 1, 1] = back + members.uptake_per_s
    symmetric[:, 2, 2] = members.efflux_per_s
    symmetric[:, 0, 1] = symmetric[:, 1, 0] = -np.sqrt(out * back)
    symmetric[:, 1, 2] = symmetric[:, 2, 1] = -np.sqrt(members.uptake_per_s * members.efflux_per_s)
    interstitial = np.sqrt(out / back)
    cells = interstitial * np.sqrt(members.uptake_per_s / members.efflux_per_s)
    scale = np.stack([np.ones(members.count), interstitial, cells], axis=1)
    decay, vectors = np.linalg.eigh(symmetric)
    return Modes(decay, scale[:, :, None] * vectors, np.swapaxes(vectors / scale[:, :, None], 1, 2))


def _driven(decay_per_s: Array, loss_per_s: Array, left: Array, step_s: float) -> Array:
    """What a mode keeps of a supply that falls as exp(-loss t), at the end of the step; shape (3, n), in s."""
    kept = np.exp(-decay_per_s * step_s)[:, None]
    apart = loss_per_s - decay_per_s[:, None]
    supply = kept - left
    equal = np.abs(apart) < _NEARLY_EQUAL / step_s
    if equal.any():
        supply = np.where(equal, step_s * kept * (1.0 - 0.5 * apart * step_s), supply)
        apart = np.where(equal, 1.0, apart)
    supply /= apart
    return supply


def _even_and_rising(decay_per_s: Array, step_s: float) -> tuple[Array, Array]:
    """What each mode keeps of an even supply of 1, and of one that rises from 0 by 1 per s; shapes (3,)."""
    even = -np.expm1(-decay_per_s * step_s) / decay_per_s
    return even, (step_s - even) / decay_per_s


def step_member(
    pools: Array, release_per_s: Array, artery: Artery, place: int, members: Members, modes: Modes, step_s: float
) -> tuple[Array, Array]:
    """Pools of one member after the step, shape (4, n), and what was released in it, shape (n,), in ug/mL of tissue."""
    flow = float(members.plasma_flow_per_s[place])
    loss = flow / float(members.plasma_fraction[place]) + release_per_s
    rise = (artery.liposomal_after - artery.liposomal_before) / step_s
    slope = flow * rise / loss
    level = (flow * artery.liposomal_before - slope) / loss
    excess = pools[ENCAPSULATED] - level
    left = np.exp(-loss * step_s)
    after = np.empty_like(pools)
    after[ENCAPSULATED] = level + slope * step_s + excess * left
    held_s = step_s * (level + 0.5 * step_s * slope) + excess * (1.0 - left) / loss

    decay, gathered = modes.decay_per_s[place], modes.gathered[place]
    even, rising = _even_and_rising(decay, step_s)
    free_rise = flow * (artery.free_after - artery.free_before) / step_s
    stored = np.exp(-decay * step_s)[:, None] * (gathered @ pools[FREE:])
    fed = even[:, None] * (release_per_s * level + flow * artery.free_before)
    fed += rising[:, None] * (release_per_s * slope + free_rise)
    fed += _driven(decay, loss, left, step_s) * (release_per_s * excess)
    after[FREE:] = modes.spread[place] @ (stored + gathered[:, :1] * fed)
    # The exact solution has no negative amount; what is below zero here is rounding.
    return np.maximum(after, 0.0), np.maximum(release_per_s * held_s, 0.0)
