"""The temperature of one region, with a standard uncertainty that covers noise, voxels and model."""

from math import nan, sqrt
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.qa.dataset import RegionSignal
from syntherm.qa.model import Echoes, NoFit
from syntherm.qa.spectrum import Spectrum, fit

Array = NDArray[np.float64]

FEWEST_FRACTION: Final = 0.05
LARGEST_RESIDUAL: Final = 0.15
"""Refused: a weaker component of less than 5 % of the stronger one, or residuals above 15 % of the largest signal:
in either case the beat that carries the temperature isn't seen."""


@attrs.frozen
class Measurement:
    """Temperature of a region of a run.

    The three parts of the standard uncertainty are independent: `fit_degC` from the residuals, `voxels_degC` from the
    jackknife over the region's voxels, `model_degC` from what the phase at echo time 0 is taken to be.
    Where nothing could be measured the numbers are not finite and `reason` says why.
    """

    run: int
    region: int
    temperature_degC: float
    fit_degC: float
    voxels_degC: float
    model_degC: float
    phase_rad: float
    residual: float
    reason: str = ""

    @property
    def uncertainty_degC(self) -> float:
        """Combined standard uncertainty."""
        return float(np.sqrt(self.fit_degC**2 + self.voxels_degC**2 + self.model_degC**2))


def measure(signal: RegionSignal) -> Measurement:
    """Measure one region. Never raises for what the signal holds: see `Measurement.reason`."""
    try:
        whole = fit(_echoes(signal, signal.magnitude))
        _check(whole)
        held = fit(_echoes(signal, signal.magnitude), phase_free=False)
        without = [
            fit(_echoes(signal, np.delete(signal.magnitude, i, axis=0)), start=whole.parameters)
            for i in range(len(signal.magnitude))
        ]
    except NoFit as error:
        return Measurement(signal.run, signal.region, nan, nan, nan, nan, nan, nan, reason=str(error))
    return Measurement(
        run=signal.run,
        region=signal.region,
        temperature_degC=whole.temperature_degC,
        fit_degC=whole.uncertainty_degC,
        voxels_degC=_jackknife([each.temperature_degC for each in without]),
        # The phase is 0 for two resonances excited together, and is fitted since something unmodelled moves it: the
        # truth may lie anywhere between the two answers, a rectangular distribution.
        model_degC=abs(whole.temperature_degC - held.temperature_degC) / sqrt(12.0),
        phase_rad=whole.phase_rad,
        residual=whole.residual,
    )


def region_magnitude(voxels: Array, noise: float) -> Array:
    """Root mean square over the voxels (voxels, echoes) -> (echoes,), without the noise floor.

    The square of a magnitude exceeds the signal's by 2 noise^2 on average, at every level of signal (Rician). The
    square also weights the middle of a vial above its rim, where water outside shares the voxel.
    """
    return np.asarray(np.sqrt(np.maximum(np.mean(voxels**2, axis=0) - 2.0 * noise**2, 0.0)), dtype=np.float64)


def _echoes(signal: RegionSignal, voxels: Array) -> Echoes:
    return Echoes(signal.time_s, region_magnitude(voxels, signal.noise), signal.train, signal.frequency_MHz)


def _check(found: Spectrum) -> None:
    if found.fraction < FEWEST_FRACTION:
        raise NoFit(f"the weaker component has {found.fraction:.1%} of the stronger one: no beat to measure")
    if found.residual > LARGEST_RESIDUAL:
        raise NoFit(f"residuals of {found.residual:.0%} of the signal: not the signal of two components")


def _jackknife(without_one: list[float]) -> float:
    n = len(without_one)
    return float(np.sqrt((n - 1) * np.var(without_one)))
