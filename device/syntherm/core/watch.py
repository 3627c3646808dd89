"""What the monitors of a session remember: counts of their own, so that no error in the core's counters proves itself.

Nothing here decides anything but one thing: a violation that was seen fails a check for the rest of the session.
"""

import attrs

from syntherm.core.faults import Code
from syntherm.core.machine import Phases
from syntherm.core.properties import Property
from syntherm.core.thermometry.summary import Summary
from syntherm.core.vocabulary import Infusion, SetupItem


@attrs.frozen
class Violation:
    """One property that did not hold, with the figures that show it."""

    property: Property
    detail: str


@attrs.frozen
class ImagesSeen:
    """Accepted images, and the time in range that they show without a break.

    `sequence` and `acquired_s` are the last accepted image's; `known_s` is when the last one that showed a
    temperature was answered, `shown` what it showed. `fresh`: the step at hand answered such an image.
    """

    sequence: int | None = None
    acquired_s: float | None = None
    known_s: float | None = None
    shown: tuple[Summary, ...] = ()
    fresh: bool = False
    in_range: bool = False
    dwell_s: float = 0.0
    out_since_s: float | None = None


@attrs.frozen
class EnergySeen:
    """Loans of energy: when the last one ends, when energy last flowed, and for how long it was heating."""

    lent_until_s: float | None = None
    last_s: float | None = None
    heating_s: float = 0.0


@attrs.frozen
class DrugSeen:
    """The pump's count at the syringe: the highest that it reported, and the last. `ended`: how the infusion ended."""

    most_ml: float = 0.0
    last_ml: float | None = None
    ended: Infusion | None = None


@attrs.frozen
class PeopleSeen:
    """Who did what, since it counts: nobody is named twice for one thing.

    `resets` since the last abort; `confirmed` and `stop_opened` since the last reset; `accepted` since the
    calibration began.
    """

    aborted: bool = False
    resets: tuple[str, ...] = ()
    confirmed: tuple[tuple[SetupItem, str], ...] = ()
    stop_opened: bool = False
    accepted: tuple[str, ...] = ()


@attrs.frozen
class Watch:
    """All that the monitors remember between two steps.

    `latched`: faults seen to arise that only people or nobody can clear. `violations`: the first of each property.
    """

    at_s: float | None = None
    phases: Phases = attrs.Factory(Phases)
    images: ImagesSeen = attrs.Factory(ImagesSeen)
    energy: EnergySeen = attrs.Factory(EnergySeen)
    drug: DrugSeen = attrs.Factory(DrugSeen)
    people: PeopleSeen = attrs.Factory(PeopleSeen)
    latched: tuple[Code, ...] = ()
    violations: tuple[Violation, ...] = ()

    def holding(self, found: tuple[Violation, ...]) -> "Watch":
        """With violations added, but none of a property that has one."""
        known = {violation.property for violation in self.violations}
        return attrs.evolve(self, violations=self.violations + tuple(v for v in found if v.property not in known))
