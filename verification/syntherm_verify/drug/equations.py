"""The drug model's equations written a second time, in concentrations, and solved by scipy's Radau method.

Nothing here comes from the core but the ranges: rates and volumes are given by name as plain numbers.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import log

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

Array = NDArray[np.float64]
BODY = 6
"""mg: liposomal, free, shallow, deep, cleared, eliminated; then four concentrations per voxel."""


@attrs.frozen
class Saturable:
    """Cellular uptake by a Michaelis-Menten law instead of a linear one, per mL of tissue.

    `most` in ug/mL/s, the constants in ug per mL of tissue: of the interstitium's drug and of the cells'.
    """

    most: float
    outside: float
    inside: float


@attrs.frozen(eq=False)
class Course:
    """What is done to the patient: temperatures (n,) and drug flow (mg/s) at each time, and when either may jump."""

    temperature_degC: Callable[[float], Array]
    infusion_mg_per_s: Callable[[float], float]
    jumps_s: tuple[float, ...]


def release_rate(values: Mapping[str, float], temperature_degC: Array) -> Array:
    """Release rate in 1/s."""
    leak = values["leak_share"] * log(2.0) / (3600.0 * values["liposome_half_life_h"])
    u = (temperature_degC - values["onset_degC"]) / (values["full_degC"] - values["onset_degC"])
    rising = np.where(u <= 0.0, 0.0, np.where(u >= 1.0, 1.0, 3.0 * u**2 - 2.0 * u**3))
    return np.asarray(leak + values["release_per_s"] * rising)


def derivative(
    values: Mapping[str, float], volumes_ml: Array, course: Course, saturable: Saturable | None
) -> Callable[[float, Array], Array]:
    """The right hand side: six amounts in mg, then per voxel the concentrations in vessels (2), interstitium, cells."""
    v = values
    loss = log(2.0) / (3600.0 * v["liposome_half_life_h"])
    leak = v["leak_share"] * loss
    flow, plasma, gap, exchange = (
        v["plasma_flow_per_s"], v["plasma_fraction"], v["interstitial_fraction"], v["exchange_per_s"],
    )  # fmt: skip

    def rates(at_s: float, y: Array) -> Array:
        lip, free, shallow, deep = y[:4]
        enc, dox, inter, cells = y[BODY:].reshape(4, -1)
        art_lip, art_free = lip / v["plasma_volume_l"], free / v["free_volume_l"]
        release = release_rate(v, course.temperature_degC(at_s)) * enc
        across = exchange * (dox - inter)
        if saturable is None:
            into_cells = v["uptake_per_s"] * gap * inter - v["efflux_per_s"] * cells
        else:
            held = gap * inter
            into_cells = saturable.most * (held / (held + saturable.outside) - cells / (cells + saturable.inside))
        taken_lip = 1e-3 * float((flow * (art_lip - enc)) @ volumes_ml)
        taken_free = 1e-3 * float((flow * (art_free - dox)) @ volumes_ml)
        to_shallow = v["free_to_shallow_per_s"] * free - v["free_from_shallow_per_s"] * shallow
        to_deep = v["free_to_deep_per_s"] * free - v["free_from_deep_per_s"] * deep
        eliminated = v["free_elimination_per_s"] * free
        body = [
            course.infusion_mg_per_s(at_s) - loss * lip - taken_lip,
            leak * lip - eliminated - to_shallow - to_deep - taken_free,
            to_shallow,
            to_deep,
            (loss - leak) * lip,
            eliminated,
        ]
        voxels = [
            flow / plasma * (art_lip - enc) - release,
            flow / plasma * (art_free - dox) + release - across / plasma,
            (across - into_cells) / gap,
            into_cells,
        ]
        return np.concatenate([np.asarray(body), *voxels])

    return rates


def solve(
    values: Mapping[str, float], volumes_ml: Array, course: Course, saved_s: Array, saturable: Saturable | None = None
) -> tuple[Array, Array]:
    """The body's amounts in mg (times, 6) and the voxels' in ug per mL of tissue (times, 4, n).

    Raises RuntimeError when the solver gives up.
    """
    right = derivative(values, volumes_ml, course, saturable)
    edges = sorted({0.0, *(at for at in course.jumps_s if at < saved_s[-1]), float(saved_s[-1])})
    y = np.zeros(BODY + 4 * len(volumes_ml))
    found: list[Array] = []
    for start, end in pairwise(edges):
        here = saved_s[(saved_s > start) & (saved_s <= end)]
        # Just within the piece, so that what jumps at its end is still what it was.
        done = solve_ivp(
            lambda t, y, a=start, b=end: right(min(max(t, a + 1e-9), b - 1e-9), y),
            (start, end), y, method="Radau", t_eval=np.unique(np.append(here, end)), rtol=1e-7, atol=1e-10,
        )  # fmt: skip
        if not done.success:
            raise RuntimeError(f"Radau gave up between {start} and {end} s: {done.message}")
        y = done.y[:, -1]
        found.append(done.y[:, : len(here)])
    states = np.concatenate(found, axis=1).T
    scale = np.asarray([values["plasma_fraction"], values["plasma_fraction"], values["interstitial_fraction"], 1.0])
    voxels = states[:, BODY:].reshape(len(states), 4, -1) * scale[:, None]
    return states[:, :BODY], voxels
