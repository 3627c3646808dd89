"""One step, made up: what was remembered, what happened, and which properties the monitors see broken.

Everything happens at 100 s; the step before was at 99 s, the image before was acquired at 98.5 s.
"""

import attrs

from syntherm.core.bounds import Bounded
from syntherm.core.commands import Command, EnergyOff, FocalPower, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.events import (
    EquipmentPolled,
    Event,
    FrameReceived,
    Geometry,
    OperatorActed,
    PumpReport,
    StopLoopReport,
    TransducerReport,
)
from syntherm.core.machine import Phases
from syntherm.core.monitors.look import Look
from syntherm.core.monitors.registry import judge
from syntherm.core.plan.values import Plan
from syntherm.core.properties import Property
from syntherm.core.thermometry.summary import Summary
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, SetupItem, Trigger
from syntherm.core.watch import DrugSeen, EnergySeen, ImagesSeen, PeopleSeen, Watch

AT_S = 100.0
SETUP = Phases()
TEST = Phases(Session.CALIBRATION, Calibration.TEST, Energy.TEST, Infusion.IDLE)
HEAT = Phases(Session.HEATING, Calibration.ACCEPTED, Energy.ON, Infusion.ARMED)
SYNC = Phases(Session.DRUG_INFUSION_SYNC, Calibration.ACCEPTED, Energy.ON, Infusion.INFUSING)
ABORTED = Phases(Session.ABORT, Calibration.ACCEPTED, Energy.OFF, Infusion.HELD)
OFF: tuple[Command, ...] = (EnergyOff(), HoldInfusion())
PEOPLE = PeopleSeen(
    confirmed=tuple((item, person) for item in SetupItem for person in ("ana", "ben")[: item.people]),
    stop_opened=True,
    accepted=("ana", "ben"),
)
SEEN = ImagesSeen(sequence=10, acquired_s=98.5, known_s=99.0, in_range=True, dwell_s=12.0)


def poll(
    at_s: float = AT_S, *, counted_ml: float | None = 0.0, closed: bool | None = True, sounds_W: float | None = 0.0
) -> EquipmentPolled:
    """A look at the equipment; None for a device that did not answer."""
    return EquipmentPolled(
        at_s,
        None if sounds_W is None else TransducerReport(True, sounds_W > 0.0, sounds_W),
        None if counted_ml is None else PumpReport(False, counted_ml, 90.0, 4.0, 5.0, None),
        None if closed is None else StopLoopReport(closed),
    )


def act(trigger: Trigger, person: str = "ana", item: SetupItem | None = None, reason: str = "") -> OperatorActed:
    return OperatorActed(AT_S, trigger, person, item, reason)


def image(sequence: int = 11, acquired_s: float = AT_S - 0.5, at_s: float = AT_S) -> FrameReceived:
    geometry = Geometry((1, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    return FrameReceived(at_s, sequence, acquired_s, 1.5, 20.0, geometry, None)


def summary(cold: float = 40.5, hot: float = 42.0, *, valid: int = 40, voxels: int = 40) -> Summary:
    """`cold` is the lower bound of the coldest tenth, `hot` the upper bound of the hottest, degC."""
    mean = Bounded(41.0, 40.9, 41.1)
    return Summary("target", voxels, valid, mean, Bounded(hot, hot, hot), Bounded(cold, cold, cold), mean)


def lease(until_s: float = AT_S + 3.0, power_W: float = 30.0) -> GrantLease:
    return GrantLease(until_s, (FocalPower((0.0, 0.0, 0.0), power_W),))


def release(plan: Plan, **changes: object) -> GrantInfusion:
    prescription = plan.prescription
    most_ml = prescription.volume_ml + prescription.line_dead_volume_ml
    return attrs.evolve(GrantInfusion(AT_S + plan.pump.watchdog_s, prescription.rate_ml_per_h, most_ml), **changes)


def watching(before: Phases = HEAT, **changes: object) -> Watch:
    """A watch of a session in which all is as it should be."""
    well = Watch(99.0, before, SEEN, EnergySeen(101.0, 101.0, 20.0), DrugSeen(0.0, 0.0), PEOPLE)
    return attrs.evolve(well, **changes)


def look(event: Event, before: Phases = HEAT, after: Phases | None = None, *commands: Command, **changes: object):
    """A step at which every check passes; without `after` it moves nothing."""
    quiet = Look(event, before, before if after is None else after, commands, None, (), True, None, (), 0.0)
    return attrs.evolve(quiet, **changes)


@attrs.frozen
class Court:
    """Judges made-up steps on a plan."""

    plan: Plan

    def broken(self, was: Watch, seen: Look) -> set[Property]:
        return {violation.property for violation in judge(was, seen, self.plan)[1]}

    def after(self, was: Watch, *seen: Look) -> Watch:
        for each in seen:
            was = judge(was, each, self.plan)[0]
        return was
