"""The drug in the whole body: encapsulated drug in plasma, and free doxorubicin in three compartments.

    liposomal' = infusion - loss liposomal                  loss = clearance + leak
    free'      = leak liposomal - (k10 + k12 + k13) free + k21 shallow + k31 deep
    shallow'   = k12 free - k21 shallow,   deep' = k13 free - k31 deep

All amounts in mg. The equations are linear, so one step at a constant infusion rate is one matrix, computed without
any subtraction: no amount becomes negative, and what leaves one compartment is in another or in a sink.
"""

from typing import Final

import numpy as np

from syntherm.core.drug.members import Array, Members

LIPOSOMAL: Final = 0
FREE: Final = 1
SHALLOW: Final = 2
DEEP: Final = 3
CLEARED: Final = 4
"""Sink: encapsulated drug taken from plasma."""
ELIMINATED: Final = 5
"""Sink: free drug eliminated."""
LEAKED: Final = 6
"""Counter, not an amount of its own: all that has leaked outside the tumour."""
COLUMNS: Final = 7
_INFUSION: Final = COLUMNS
_SIZE: Final = COLUMNS + 1
AMOUNTS: Final = slice(LIPOSOMAL, LEAKED)
"""The columns that add up to the drug in the body and out of it."""
_TERMS: Final = 18


def _rates(members: Members) -> Array:
    """Rates between the compartments, shape (m, 8, 8), column to row; the last column is a unit of infusion."""
    rates = np.zeros((members.count, _SIZE, _SIZE))
    flows = (
        (LIPOSOMAL, FREE, members.leak_per_s),
        (LIPOSOMAL, CLEARED, members.loss_per_s - members.leak_per_s),
        (FREE, ELIMINATED, members.free_elimination_per_s),
        (FREE, SHALLOW, members.free_to_shallow_per_s),
        (SHALLOW, FREE, members.free_from_shallow_per_s),
        (FREE, DEEP, members.free_to_deep_per_s),
        (DEEP, FREE, members.free_from_deep_per_s),
    )
    for source, into, rate in flows:
        rates[:, into, source] += rate
        rates[:, source, source] -= rate
    rates[:, LEAKED, LIPOSOMAL] = members.leak_per_s
    rates[:, LIPOSOMAL, _INFUSION] = 1.0
    return rates


def propagator(rates: Array, step_s: float) -> Array:
    """exp(rates x step) of matrices with no negative entry off the diagonal, by terms that are never negative."""
    fastest = -np.minimum(np.diagonal(rates, axis1=1, axis2=2).min(axis=1), 0.0)
    halvings = max(0, int(np.ceil(np.log2(max(float(fastest.max()) * step_s, 1e-9)))) + 1)
    part_s = step_s / 2.0**halvings
    one = np.broadcast_to(np.eye(rates.shape[-1]), rates.shape)
    raised = (rates + fastest[:, None, None] * one) * part_s
    total, term = one.copy(), one.copy()
    for place in range(1, _TERMS + 1):
        term = term @ raised / place
        total = total + term
    total = total * np.exp(-fastest * part_s)[:, None, None]
    for _ in range(halvings):
        total = total @ total
    return np.asarray(total)


def step_systemic(amounts_mg: Array, members: Members, infused_mg: float, step_s: float) -> Array:
    """Amounts after a step in which `infused_mg` flowed in evenly; shapes (m, 7), columns as named above."""
    extended = np.concatenate([amounts_mg, np.full((members.count, 1), infused_mg / step_s)], axis=1)
    after = propagator(_rates(members), step_s) @ extended[:, :, None]
    return np.asarray(after[:, :_INFUSION, 0])


def liposomal_ug_per_ml(amounts_mg: Array, members: Members) -> Array:
    """Concentration of encapsulated drug in plasma, shape (m,)."""
    return amounts_mg[:, LIPOSOMAL] / members.plasma_volume_l


def free_ug_per_ml(amounts_mg: Array, members: Members) -> Array:
    """Concentration of free doxorubicin in plasma, bound to proteins or not, shape (m,)."""
    return amounts_mg[:, FREE] / members.free_volume_l
