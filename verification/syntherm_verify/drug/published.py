"""Published figures beside the model's, each as a row: what was given, what was found, and what the model says.

A figure inside the model's interval says little where the interval is wide; one outside it is a miss, and is shown.
"""

from collections.abc import Callable
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.drug.members import members_of
from syntherm.core.drug.release import opened
from syntherm.core.drug.systemic import LIPOSOMAL
from syntherm.core.drug.tissue import INTERSTITIAL
from syntherm.core.plan.values import DrugRanges
from syntherm_verify.drug.arms import Arm, held, run, tissue_ug_per_ml

Array = NDArray[np.float64]
_DOSE_MG: Final = 90.0
_NEVER: Final = held(37.0, 0.0, 0.0)


@attrs.frozen
class Row:
    """One comparison. `low` and `high` are the published figure or its range; the model's are over its members."""

    name: str
    published: str
    low: float
    high: float
    central: float
    least: float
    most: float
    remark: str

    @property
    def inside(self) -> bool:
        """Whether the published figure and the model's interval have anything in common."""
        return self.least <= self.high and self.low <= self.most

    @property
    def central_inside(self) -> bool:
        """Whether the central member is within a fifth of the published figure or range."""
        return 0.8 * self.low <= self.central <= 1.2 * self.high


def _row(name: str, published: str, low: float, high: float, members: Array, remark: str) -> Row:
    return Row(name, published, low, high, float(members[0]), float(members.min()), float(members.max()), remark)


def heating_time(parameters: DrugRanges) -> list[Row]:
    """Rossmann 2017: 30 mg over 30 min, then 5, 12 or 30 min of radiofrequency heat; sampled when it ends."""

    def after(minutes: float) -> Array:
        return tissue_ug_per_ml(parameters, Arm(30.0, 30.0, 30.0 + minutes, held(43.0, 30.0, 30.0 + minutes)))

    five, twelve, thirty = after(5.0), after(12.0), after(30.0)
    pig = "radiofrequency heat is taken as 43 degC throughout; a pig's plasma does not matter to a ratio"
    return [
        _row("tissue, 12 over 5 min of heat", "x2.2, pig x2.4 (Rossmann 2017, read)", 2.2, 2.4, twelve / five, pig),
        _row("tissue, 30 over 5 min of heat", "x4.3 model (Rossmann 2017, read)", 4.3, 4.3, thirty / five, pig),
    ]  # fmt: skip


def mouse(parameters: DrugRanges) -> list[Row]:
    """Mouse tumour, 34.4 to 43.4 degC with a mean of 38.2; 11.8 ug/g after 15 min, 25.6 ug/g after 60 min."""
    spread = np.concatenate([np.linspace(34.4, 38.2, 26), np.linspace(38.2, 43.4, 19)])

    def after(minutes: float) -> Array:
        return tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 0.5, minutes, held(spread, 0.0, minutes)))

    remark = "bolus and spread of temperatures assumed; human plasma kinetics for a mouse"
    return [
        _row(
            "tissue, 60 over 15 min of heat", "x2.2, from 25.6 and 11.8 ug/g (mouse model, read)", 2.17, 2.17,
            after(60.0) / after(15.0), remark,
        )
    ]  # fmt: skip


def against_free_drug(parameters: DrugRanges) -> list[Row]:
    """Liposomes with heat beside free drug, and beside liposomes without heat."""
    liposomes = tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 5.0, 35.0, held(40.5, 5.0, 35.0)))
    cold = tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 5.0, 35.0, _NEVER))
    free = tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 5.0, 35.0, _NEVER, free_drug=True))
    bone = tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 2.0, 20.0, held(43.0, 0.0, 20.0)))
    bone_cold = tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 2.0, 20.0, _NEVER))
    ranjan = "30 min at 40.5 degC after a short infusion; moment of sampling and rabbit's kinetics not known"
    staruch = "20 min at 43 degC, drug given into heat; moment of sampling not known"
    return [
        _row("LTLD and heat over free drug", "x7.6 (Ranjan 2012, read)", 7.6, 7.6, liposomes / free, ranjan),
        _row("LTLD and heat over LTLD alone", "x3.4 (Ranjan 2012, read)", 3.4, 3.4, liposomes / cold, ranjan),
        _row("heated over unheated", "x8.2 to x16.8 (Staruch 2012, read)", 8.2, 16.8, bone / bone_cold, staruch),
        _row("highest ratio to free drug", "up to x25 (Haemmerich 2023, read)", 1.0, 25.0, liposomes / free, ranjan),
    ]  # fmt: skip


def tardox(parameters: DrugRanges) -> list[Row]:
    """TARDOX: 50 mg/m2 over 30 min, a sample, then focused ultrasound, and a second sample."""
    before = tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 30.0, 30.0, _NEVER))
    after = tissue_ug_per_ml(parameters, Arm(_DOSE_MG, 30.0, 75.0, held(41.0, 45.0, 75.0)))
    remark = "half an hour at 41 degC from 15 min after the infusion is assumed; the trial's heat varied"
    return [
        _row("tissue, after over before heat", "almost x4 (Lyon 2018, read)", 3.5, 4.0, after / before, remark),
        _row("tissue after heat, ug/mL", "criterion above 10 ug/g (TARDOX, read)", 10.0, 100.0, after, remark),
    ]


def bursts(parameters: DrugRanges) -> list[Row]:
    """Santos 2017: ten bursts of 30 s at 42 degC beside 20 min of it."""

    def burst(minute: float) -> Array:
        return np.asarray([42.0 if 0.0 <= minute < 20.0 and minute % 2.0 < 0.5 else 37.0])

    def dose(temperature: Callable[[float], Array]) -> Array:
        model, state = run(parameters, Arm(_DOSE_MG, 0.5, 25.0, temperature))
        return np.asarray(state.tissue[:, INTERSTITIAL:].sum(axis=(1, 2)) * model.voxel_ml[0])

    remark = "one burst every 2 min assumed; 'interstitial dose' is taken as the drug outside vessels"
    return [
        _row(
            "ten bursts over 20 min of heat", "almost half (Santos 2017, read)", 0.4, 0.5,
            dose(burst) / dose(held(42.0, 0.0, 20.0)), remark,
        )
    ]  # fmt: skip


def release_times(parameters: DrugRanges) -> list[Row]:
    """Time until half of the encapsulated drug is released at one temperature, in s."""
    members = members_of(parameters)
    rows = []
    for temperature in (40.0, 41.0, 42.0, 43.0):
        share = opened(np.full((members.count, 1), temperature), members)[:, 0]
        seconds = np.log(2.0) / (members.leak_per_s + members.release_per_s * share + 1e-12)
        rows.append(
            _row(
                f"half released at {temperature:.0f} degC, s", "'within seconds' at 40 to 43 degC (registry, read)",
                1.0, 10.0, np.minimum(seconds, 1e6), "seconds are taken as 1 to 10; a million stands for never",
            )
        )  # fmt: skip
    return rows


def plasma(parameters: DrugRanges) -> list[Row]:
    """The highest concentration in plasma, and the half-life that comes out of the steps."""
    members = members_of(parameters)
    _, end = run(parameters, Arm(_DOSE_MG, 30.0, 30.0, _NEVER))
    _, later = run(parameters, Arm(_DOSE_MG, 30.0, 90.0, _NEVER))
    fallen = np.log(end.body_mg[:, LIPOSOMAL] / later.body_mg[:, LIPOSOMAL])
    return [
        _row(
            "liposomal peak in plasma, ug/mL", "at most 30 (derived: 90 mg in 3 L)", 0.0, 30.0,
            end.body_mg[:, LIPOSOMAL] / members.plasma_volume_l, "a ceiling, not a measurement",
        ),
        _row(
            "liposomal half-life in plasma, h", "1 to 2 (recalled, unverified)", 1.0, 2.0, np.log(2.0) / fallen,
            "put in as a parameter: shows that the steps keep it, nothing more",
        ),
    ]  # fmt: skip


def published(parameters: DrugRanges) -> list[Row]:
    """Every row."""
    groups = (plasma, release_times, heating_time, mouse, tardox, against_free_drug, bursts)
    return [row for group in groups for row in group(parameters)]
