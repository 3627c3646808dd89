"""What the beam does to images while it sounds: noise of its electronics, and a field that its currents turn."""

import attrs

from syntherm_sim.physics.grid import Point


@attrs.frozen
class SonicationArtefact:
    """Only in images taken while the beam is on; sizes are assumptions.

    `noise`: the noise's standard deviation over the usual one. `offset_degC`: apparent temperature, everywhere alike;
    `tilt_degC`: its change at 50 mm along x, y, z.
    """

    noise: float = attrs.field(default=1.0, validator=attrs.validators.ge(1.0))
    offset_degC: float = 0.0
    tilt_degC: Point = (0.0, 0.0, 0.0)
