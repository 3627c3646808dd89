"""From a scanner's own clock to the session's: by the age of the stamp at the moment of its arrival."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, unique
from typing import Final

import attrs

Triple = tuple[float, float, float]
_DAY_s: Final = 86_400.0


@unique
class Axes(Enum):
    """The patient axes that the plan means: x to the left and y to the back, or x to the right and y to the front."""

    LPS = "LPS"
    RAS = "RAS"


def turned(vector: Triple, said_in: Axes, wanted: Axes) -> Triple:
    """A vector in the other axes."""
    return vector if said_in is wanted else (-vector[0], -vector[1], vector[2])


@attrs.frozen
class Clocks:
    """The session's clock, and the wall clock (aware, UTC) to which the scanner's is kept."""

    now_s: Callable[[], float]
    utc: Callable[[], datetime]

    def of_day(self, stamp_s: float, offset_s: float) -> float:
        """A stamp in seconds since midnight, in a time zone `offset_s` ahead of UTC, on the session's clock.

        The midnight is the one that lets it lie nearest to now.
        """
        age_s = (self.utc().timestamp() + offset_s - stamp_s) % _DAY_s
        if age_s > _DAY_s / 2.0:
            age_s -= _DAY_s
        return self.now_s() - age_s

    def of_epoch(self, seconds: float) -> float:
        """A stamp in seconds since 1970, on the session's clock."""
        return self.now_s() - (self.utc().timestamp() - seconds)
