"""How far measured temperatures lie from the truth: bias, spread, limits of agreement and verdict, by region."""

from collections.abc import Iterable
from math import isfinite, nan
from typing import Final

import attrs
import numpy as np

BIAS_LIMIT_degC: Final = 1.5
SD_LIMIT_degC: Final = 0.8
"""Acceptance limits of this check, by region over the runs; stated in every report, and the site's to set."""
AGREEMENT_FACTOR: Final = 1.96
"""Limits of agreement: bias +- 1.96 SD holds 95 % of the differences (Bland and Altman 1986)."""
FEWEST_RUNS: Final = 2


@attrs.frozen
class Comparison:
    """A measured temperature beside its truth. Not finite where nothing could be measured."""

    run: int
    region: int
    measured_degC: float
    uncertainty_degC: float
    truth_degC: float

    @property
    def error_degC(self) -> float:
        """Measured minus truth."""
        return self.measured_degC - self.truth_degC

    @property
    def mean_degC(self) -> float:
        """Mean of measured and truth, the abscissa of the Bland-Altman picture."""
        return (self.measured_degC + self.truth_degC) / 2.0


@attrs.frozen
class Limits:
    """What is accepted of a region: the largest absolute bias and the largest standard deviation of the error."""

    bias_degC: float = BIAS_LIMIT_degC
    sd_degC: float = SD_LIMIT_degC


@attrs.frozen
class Agreement:
    """One region over its runs. Bias and SD (n - 1) are not finite where a run is missing or only one was made."""

    region: int
    runs: int
    measured: int
    bias_degC: float
    sd_degC: float

    @property
    def limits_of_agreement_degC(self) -> tuple[float, float]:
        """Bias -+ 1.96 SD."""
        reach = AGREEMENT_FACTOR * self.sd_degC
        return self.bias_degC - reach, self.bias_degC + reach

    def failures(self, limits: Limits) -> tuple[str, ...]:
        """Why the region fails; empty when it passes. What is not known fails."""
        if self.measured < self.runs:
            return (f"{self.runs - self.measured} of {self.runs} runs could not be measured",)
        if self.runs < FEWEST_RUNS:
            return (f"{self.runs} run: at least {FEWEST_RUNS} are needed to know the SD",)
        reasons = []
        if not abs(self.bias_degC) <= limits.bias_degC:
            reasons.append(f"bias {self.bias_degC:+.2f} degC beyond {limits.bias_degC:g}")
        if not self.sd_degC <= limits.sd_degC:
            reasons.append(f"SD {self.sd_degC:.2f} degC beyond {limits.sd_degC:g}")
        return tuple(reasons)


def agreement(comparisons: Iterable[Comparison]) -> tuple[Agreement, ...]:
    """Bias and SD of every region, in the order of the regions."""
    by_region: dict[int, list[float]] = {}
    for each in comparisons:
        by_region.setdefault(each.region, []).append(each.error_degC)
    return tuple(_of_region(region, errors) for region, errors in sorted(by_region.items()))


def _of_region(region: int, errors: list[float]) -> Agreement:
    measured = sum(isfinite(error) for error in errors)
    # Over the runs that happen to work the figures would flatter: with one missing there are none.
    complete = measured == len(errors)
    bias = float(np.mean(errors)) if complete else nan
    sd = float(np.std(errors, ddof=1)) if complete and len(errors) >= FEWEST_RUNS else nan
    return Agreement(region, len(errors), measured, bias, sd)
