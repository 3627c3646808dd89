"""An estimate with its bounds. Control and limits use the bounds, never the bare estimate."""

from math import inf, isfinite
from typing import Final

import attrs


@attrs.frozen
class Bounded:
    """A value with its lower and upper bound, in the unit that the name of its holder says.

    Not a number, or bounds on the wrong side of the estimate, cannot be built: use `UNKNOWN` instead.
    """

    estimate: float
    lower: float
    upper: float

    def __attrs_post_init__(self) -> None:
        if not self.lower <= self.estimate <= self.upper:
            raise ValueError(f"bounds {self.lower} to {self.upper} do not hold the estimate {self.estimate}")

    @property
    def known(self) -> bool:
        """Whether both bounds say anything."""
        return isfinite(self.lower) and isfinite(self.upper)


UNKNOWN: Final = Bounded(estimate=0.0, lower=-inf, upper=inf)
"""What is not known fails every limit: its upper bound is above, and its lower bound below, any number."""
