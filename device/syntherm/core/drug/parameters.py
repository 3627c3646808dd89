"""The drug model's parameters: each a range with its unit and where it comes from. Data, and none has a default."""

from enum import Enum, unique
from math import isfinite

import attrs


@unique
class Provenance(Enum):
    """How much may be believed of a range. The weakest of its three figures decides."""

    READ = "read"
    """Stood in an abstract, a table or a public program that was read; never more than that."""
    DERIVED = "derived"
    """Arithmetic from other values."""
    RECALLED = "recalled, unverified"
    """Known from memory: look it up before any use."""
    ASSUMED = "assumed"
    """Chosen by this project, for want of a source."""


@attrs.frozen
class Range:
    """The lowest, the central and the highest value of one parameter.

    Raises ValueError when they are no finite numbers in this order, or have no source.
    """

    low: float
    central: float
    high: float
    unit: str
    provenance: Provenance
    source: str

    def __attrs_post_init__(self) -> None:
        if not all(isfinite(value) for value in (self.low, self.central, self.high)):
            raise ValueError(f"range {self.low}, {self.central}, {self.high} {self.unit}: expected finite numbers")
        if not self.low <= self.central <= self.high:
            raise ValueError(f"range {self.low}, {self.central}, {self.high} {self.unit}: expected ascending")
        if not self.source.strip():
            raise ValueError(f"range {self.low}, {self.central}, {self.high} {self.unit}: expected a source")


@attrs.frozen
class Parameters:
    """Everything that the drug model takes from outside the session.

    Raises ValueError when a rate or volume is not above zero, a share not within 0 to 1, the vessels and the
    interstitium hold more than the tissue, or release might begin above the temperature of its full rate.
    """

    plasma_volume_l: Range
    """Volume in which the liposomes stay."""
    liposome_half_life_h: Range
    """Of encapsulated drug in plasma at body temperature, from clearance and leak together."""
    leak_share: Range
    """Of that loss: how much of it is drug that leaks into plasma."""
    free_volume_l: Range
    """Central volume of free doxorubicin."""
    free_elimination_per_s: Range
    free_to_shallow_per_s: Range
    free_from_shallow_per_s: Range
    free_to_deep_per_s: Range
    free_from_deep_per_s: Range
    onset_degC: Range
    """Below it, nothing is released but the leak."""
    full_degC: Range
    """From it up, release has its full rate."""
    release_per_s: Range
    """The full rate."""
    plasma_flow_per_s: Range
    """Plasma through the tumour: mL per mL of tissue and second."""
    plasma_fraction: Range
    """Plasma in the tumour's vessels: mL per mL of tissue."""
    exchange_per_s: Range
    """Permeability times surface for all doxorubicin in plasma, bound and unbound: mL per mL of tissue and second."""
    interstitial_fraction: Range
    """Interstitium: mL per mL of tissue."""
    uptake_per_s: Range
    """From interstitium to cells, of the amount in the interstitium."""
    efflux_per_s: Range
    """From cells to interstitium, of the amount in the cells."""

    def __attrs_post_init__(self) -> None:
        for name, found in ranges(self):
            if found.low <= 0.0 and name != "leak_share":
                raise ValueError(f"{name} {found.low} {found.unit}: expected above zero")
        if not 0.0 <= self.leak_share.low <= self.leak_share.high <= 1.0:
            raise ValueError(f"leak_share {self.leak_share.low} to {self.leak_share.high}: expected within 0 to 1")
        if self.plasma_fraction.high + self.interstitial_fraction.high > 1.0:
            raise ValueError("plasma_fraction and interstitial_fraction: expected at most 1 together")
        if self.onset_degC.high >= self.full_degC.low:
            raise ValueError(
                f"onset_degC up to {self.onset_degC.high}, full_degC from {self.full_degC.low}: expected onset below"
            )


def ranges(parameters: Parameters) -> tuple[tuple[str, Range], ...]:
    """Every parameter by its name, in the order of the class."""
    return tuple((field.name, getattr(parameters, field.name)) for field in attrs.fields(Parameters))
