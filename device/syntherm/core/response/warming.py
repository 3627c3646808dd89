"""What the heating itself says of the tissue: each region's mean against the energy that was lent.

Every perfusion of a grid is followed with the same loans; the one whose curve fits the target's mean, at a gain that
the test sonication allows, is the day's. Perfusion that rises with temperature is seen as it is under heat. Tissue of
a guard region is other tissue: how much more or less it warms than the model says is kept as a factor.
"""

from math import inf
from typing import Final

import attrs
import numpy as np

from syntherm.core.bounds import Bounded
from syntherm.core.control.lattice import Vector
from syntherm.core.control.remembering import Lent
from syntherm.core.control.thermal_model import DIFFUSIVITY_MM2_PER_S
from syntherm.core.response.coverage import Known
from syntherm.core.response.identified import bounded_over
from syntherm.core.response.steady import PERFUSIONS, Steady

MISFIT_DEGC: Final = 0.5
"""Standard uncertainty of one image's mean against the model, as if images were independent."""
PRIOR_SD: Final = 0.7
"""Of the logarithm of perfusion, as the test sonication shows it: under heat it is another."""
GUARD_SD: Final = 0.5
"""Of a guard's factor, before anything is seen of it."""
GUARD_ENDS: Final = (0.3, 3.0)
FEWEST_IMAGES: Final = 10


@attrs.frozen(eq=False)
class Warming:
    """The heating so far. `left`: by perfusion, region and bin, degC at gain 1, at the moment `at_s`.

    `lents`: loans that go on after it; `lent_s`: when the last of all began. Sums over the images by perfusion and
    region: rise times curve, curve squared; `seen2`: the target's rise squared.
    """

    at_s: float
    left: Vector
    cross: Vector
    curve2: Vector
    lents: tuple[Lent, ...] = ()
    lent_s: float = -inf
    images: int = 0
    seen2: float = 0.0

    @classmethod
    def begun(cls, steady: Steady, at_s: float) -> "Warming":
        """Unheated."""
        regions, bins, _ = steady.warming.shape
        nothing = np.zeros((len(PERFUSIONS), regions))
        return cls(at_s, np.zeros((len(PERFUSIONS), regions, bins)), nothing, nothing)


def warmed(before: Warming, steady: Steady, lent: Lent | None, to_s: float, rises_degC: tuple[float, ...]) -> Warming:
    """With a loan that was made before the image, and the mean rises that an image of the moment `to_s` shows.

    `rises_degC`: of the target and of each guard; one that is not known is no number, and leaves its sums as they were.
    """
    lents = before.lents if lent is None else (*before.lents, lent)
    left = _carried(before, steady, lents, to_s)
    curve = left.sum(axis=2)
    shown = np.asarray(rises_degC)
    known = np.isfinite(shown)
    rises = np.where(known, shown, 0.0)
    return attrs.evolve(
        before,
        at_s=to_s,
        left=left,
        lents=tuple(each for each in lents if each.until_s > to_s),
        lent_s=before.lent_s if lent is None else lent.from_s,
        images=before.images + int(known[0]),
        seen2=before.seen2 + float(rises[0]) ** 2,
        cross=before.cross + rises * curve,
        curve2=before.curve2 + known * curve * curve,
    )


def _carried(before: Warming, steady: Steady, lents: tuple[Lent, ...], to_s: float) -> Vector:
    per_s = (DIFFUSIVITY_MM2_PER_S * steady.spread_per_mm2[None, :] + np.asarray(PERFUSIONS)[:, None])[:, None, :]
    left = before.left * np.exp(-per_s * max(to_s - before.at_s, 0.0))
    for lent in lents:
        begin_s, end_s = max(lent.from_s, before.at_s), min(lent.until_s, to_s)
        if end_s > begin_s:
            heat = (steady.warming @ lent.powers_W)[None] / per_s
            left = left + heat * (np.exp(-per_s * (to_s - end_s)) - np.exp(-per_s * (to_s - begin_s)))
    return np.asarray(left)


def refined(warming: Warming, first: Known, k: float) -> Known | None:
    """What the heating shows, starting from what the test sonication did; None before enough images."""
    if warming.images < FEWEST_IMAGES:
        return None
    gain, blood = first.gain, first.perfusion_per_s
    sd = max((gain.upper - gain.lower) / (2.0 * k), 0.02 * abs(gain.estimate))
    cross, curve2 = warming.cross[:, 0] / MISFIT_DEGC**2, warming.curve2[:, 0] / MISFIT_DEGC**2
    gains = (cross + gain.estimate / sd**2) / (curve2 + sd**-2)
    left = warming.seen2 / MISFIT_DEGC**2 - 2.0 * gains * cross + gains**2 * curve2
    far = (np.log(PERFUSIONS) - np.log(max(blood.estimate, PERFUSIONS[0]))) / PRIOR_SD
    misfits = left + ((gains - gain.estimate) / sd) ** 2 + far**2
    likely = np.exp(-0.5 * (misfits - misfits.min()))
    share = likely / likely.sum()
    middle = float(gains @ share)
    spread = float(np.sqrt(((gains - middle) ** 2) @ share + 1.0 / (curve2 @ share + sd**-2)))
    logs = bounded_over(np.log(PERFUSIONS), likely, k)
    found = Bounded(float(np.exp(logs.estimate)), float(np.exp(logs.lower)), float(np.exp(logs.upper)))
    return Known(Bounded(middle, middle - k * spread, middle + k * spread), found, _guards(warming, share, gains))


def _guards(warming: Warming, share: Vector, gains: Vector) -> tuple[float, ...]:
    """The factor of each guard region, near 1 while little is seen of it."""
    weight = (MISFIT_DEGC / GUARD_SD) ** 2
    cross = (share * gains) @ warming.cross[:, 1:]
    curve2 = (share * gains**2) @ warming.curve2[:, 1:]
    factors = np.clip((cross + weight) / (curve2 + weight), *GUARD_ENDS)
    return tuple(float(each) for each in factors)
