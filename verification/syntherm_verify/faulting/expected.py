"""What is demanded of one fault at one moment, and the plan's times from which its bounds are built."""

from typing import Final

import attrs

from syntherm.core.faults import Code
from syntherm.core.plan.values import Plan

POLL_S: Final = 1.0
DRIVERS_S: Final = 2.5
"""All questions of one round to devices that do not answer, with a stop that is tried twice."""
MEASURED_S: Final = 20.0
"""So long the pump's counter is watched before a rate is judged."""
LOOKS_S: Final = 0.5
"""Of the patient's stop: a press is seen at the next look, which comes at least every 0.05 s."""
PULSED_S: Final = 2.5
"""In this time each channel of the patient's stop has been pulsed."""


@attrs.frozen
class Times:
    """Seconds of a plan."""

    lease_s: float
    watchdog_s: float
    frame_age_s: float
    frame_period_s: float
    equipment_age_s: float

    @classmethod
    def of(cls, plan: Plan) -> "Times":
        """Read them."""
        return cls(
            plan.sonication.lease_s, plan.pump.watchdog_s, plan.limits.frame_age_s, plan.scanner.frame_period_s,
            plan.limits.equipment_age_s,
        )  # fmt: skip


@attrs.frozen
class Expected:
    """`named`: one of these must be raised, or block the act; `also`: may be raised besides.

    `off_s`, `held_s`: energy and drug must be off so long after the fault began; None: not demanded.
    `harmless`: why nothing needs to be named; with `named` also given, either is right.
    `acted`: these times begin with what a person does then, and who does it later moves them.
    `cooler`: only the truth of the tissue's temperature can tell. `unlent`: the pump runs by itself, within `held_s`.
    """

    named: frozenset[Code] = frozenset()
    also: frozenset[Code] = frozenset()
    off_s: float | None = None
    held_s: float | None = None
    harmless: str = ""
    cooler: bool = False
    unlent: bool = False
    acted: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.named and not self.harmless:
            raise ValueError("found neither a name nor a reason for none, expected one of them")


def codes(*which: Code) -> frozenset[Code]:
    """A set of them."""
    return frozenset(which)
