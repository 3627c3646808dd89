"""What every controller is given and must answer."""

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.control.foci import Foci
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.thermometer import Thermal

Powers = NDArray[np.float64]
"""Mean acoustic power over the coming lease, W, one entry per focal point."""


@attrs.frozen(eq=False)
class ControlInput:
    """Everything that a decision may rest on."""

    thermal: Thermal
    foci: Foci
    plan: Plan


class Controller(Protocol):
    """A pure function from what is known to the power that is wanted."""

    def __call__(self, given: ControlInput) -> Powers:
        """Power per focal point in W, each finite and not negative; the lease may grant less, never more."""
        ...
