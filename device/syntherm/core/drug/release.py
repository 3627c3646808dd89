"""How fast encapsulated drug is released at a temperature: the leak, and above the onset a smooth rise to a plateau.

The rise is the cubic 3u2 - 2u3 between onset and full rate: it meets both ends level, so that nothing but the leak is
released below the onset, and the rate never falls as temperature rises.
"""

import attrs
import numpy as np

from syntherm.core.drug.members import Array, Members


@attrs.frozen(eq=False)
class Heat:
    """Temperatures of the voxels during one step, with bounds that are believed; each in degC, shape (n,).

    A voxel without a valid temperature has bounds as wide as its temperature may be: it is not left out. Raises
    ValueError when a value is not finite, the bounds do not hold the estimate or the shapes differ.
    """

    lower_degC: Array
    estimate_degC: Array
    upper_degC: Array

    def __attrs_post_init__(self) -> None:
        shapes = {np.shape(self.lower_degC), np.shape(self.estimate_degC), np.shape(self.upper_degC)}
        if len(shapes) != 1 or len(np.shape(self.estimate_degC)) != 1:
            raise ValueError(f"temperatures of shapes {sorted(shapes)}: expected one flat shape")
        # Written so that a NaN in any of them fails.
        if not (np.isfinite(self.lower_degC).all() and np.isfinite(self.upper_degC).all()):
            raise ValueError("temperatures: expected finite bounds")
        if not ((self.lower_degC <= self.estimate_degC) & (self.estimate_degC <= self.upper_degC)).all():
            raise ValueError("temperatures: expected lower <= estimate <= upper in every voxel")


def temperatures(heat: Heat, members: Members) -> Array:
    """The temperature that each member takes in each voxel, shape (m, n), in degC."""
    bias = members.temperature_bias[:, None]
    upwards = heat.upper_degC - heat.estimate_degC
    downwards = heat.estimate_degC - heat.lower_degC
    moved = np.maximum(bias, 0.0) * upwards + np.minimum(bias, 0.0) * downwards
    return np.asarray(heat.estimate_degC + moved)


def opened(temperature_degC: Array, members: Members) -> Array:
    """Share of the full release rate, 0 to 1, shape (m, n)."""
    onset = members.onset_degC[:, None]
    rise = np.clip((temperature_degC - onset) / (members.full_degC[:, None] - onset), 0.0, 1.0)
    return np.asarray(rise * rise * (3.0 - 2.0 * rise))
