"""What a field of the plan accepts."""

import attrs


@attrs.frozen
class Quantity:
    """What a numeric field accepts: its unit ("1" if none) and its closed hard bounds."""

    unit: str
    low: float
    high: float


@attrs.frozen
class Text:
    """What a text field accepts: one of the options, or any short printable line if there are none."""

    options: tuple[str, ...] = ()
