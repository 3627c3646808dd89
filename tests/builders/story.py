"""A small session told by hand: what every figure of its report must be is plain from here.

Heating from 200 s to 400 s; the target's mean climbs from 37 degC by 0.1 degC a second to 41.0 degC at 240 s and stays;
while cooling it is 39.0 degC. hot10 and cold90 lie 0.4 degC from it, bounds 0.5 degC from each. Images come every 3 s.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import attrs
import numpy as np
from rig import KEY
from short_plan import PLAN

from syntherm.audit.writer import AuditWriter
from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.commands import Command, EnergyOff, FocalPower, GrantLease
from syntherm.core.decision import Decision, KeyMoment, Record
from syntherm.core.drug.ledger import Ledger
from syntherm.core.events import (
    EquipmentPolled,
    Event,
    FrameReceived,
    Geometry,
    OperatorActed,
)
from syntherm.core.faults import Code
from syntherm.core.machine import Phases
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import RangeClock, Standing
from syntherm.core.thermometry.regions import lay_out
from syntherm.core.thermometry.summary import Summary
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, SetupItem, Trigger
from syntherm.ports.record import Signature

MORNING = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
HEATING_S, INFUSING_S, HELD_S, COOLING_S, COMPLETE_S = 200.0, 300.0, 330.0, 400.0, 460.0
FIRST_IN_RANGE_S = 239.0
"""The first image at which cold90's lower bound, 0.9 degC below the mean, is at 40 degC."""
POWER_W, RATE_ML_PER_S = 30.0, 0.1
SIGNED = Signature("physicist-b", "physicist-b (story)", "physicist", "I have reviewed this session.", "Sign?")
HOSTILE_PERSON = "<script>alert(1)</script>"
HOSTILE_REASON = "\"><img src=x onerror=alert(2)> $x_{1$ & 'so'"


def mean_degC(at_s: float) -> float:
    if at_s > COOLING_S:
        return 39.0
    return min(41.0, 37.0 + 0.1 * max(0.0, at_s - HEATING_S))


def bounded(value: float) -> Bounded:
    return Bounded(value, value - 0.5, value + 0.5)


def summary(name: str, mean: float | None) -> Summary:
    if mean is None:
        return Summary(name, 10, 1, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    return Summary(name, 10, 10, bounded(mean), bounded(mean + 0.4), bounded(mean - 0.4), bounded(mean + 0.9))


def thermal() -> Thermal:
    few = np.zeros(4, dtype=np.float32)
    return Thermal(
        temperature_degC=few, uncertainty_degC=few, common_degC=few, last_valid_degC=few,
        validity=few.astype(np.uint8), drift_degC=2.5, residual_degC=0.3,
    )  # fmt: skip


class Story:
    """Writes events with their decisions; remembers the phases and the running totals."""

    def __init__(self, path: Path, plan_text: str | None = None) -> None:
        self.text = PLAN.read_text(encoding="utf-8") if plan_text is None else plan_text
        self.plan = read_plan(self.text)
        self.writer = AuditWriter(path, KEY, create=True)
        identity = {"plan": self.text, "plan_sha256": sha256(self.text.encode()).hexdigest(), "syntherm": "0.1.0"}
        self.writer.open_session(MORNING, 0.0, identity)
        self.phases, self.clock, self.ledger = Phases(), RangeClock(), Ledger()
        self.faults: tuple[Standing, ...] = ()
        self.target: Summary | None = None
        self.guards: tuple[Summary, ...] = ()
        self.sequence = 0

    def utc(self, at_s: float) -> datetime:
        return MORNING + timedelta(seconds=at_s)

    def decide(
        self, event: Event, commands: Iterable[Command] = (), *, defect: bool = False, moment: str | None = None,
        remarks: tuple[str, ...] = (), signature: Signature | None = None, **phases: object,
    ) -> None:  # fmt: skip
        before, self.phases = self.phases, attrs.evolve(self.phases, **phases)
        seen: Verdict = failed(Code.FRAME_FROZEN, "repeats") if defect else passed()
        decision = Decision(
            at_s=event.at_s, before=before, after=self.phases, triggers=(), effects=(), facts=(), refused=None,
            verdicts={"frame-identity": seen, "guards-dose": passed(1.5, 4.0, "min"),
                      "precision": passed(0.42, 0.6, "degC")},
            faults=self.faults, commands=tuple(commands), range_clock=self.clock, ledger=self.ledger,
            heating_s=max(0.0, min(event.at_s, COOLING_S) - HEATING_S), focus_offset_mm=(1.0, 2.0, 2.0),
            target=self.target, guards=self.guards, maps=thermal() if isinstance(event, FrameReceived) else None,
        )  # fmt: skip
        records: tuple[Record, ...] = (decision,)
        if moment is not None:
            records += (self.maps(event.at_s, moment),)
        self.writer.append(self.utc(event.at_s), event, records, remarks, signature)

    def poll(self, at_s: float, **more: object) -> None:
        self.decide(EquipmentPolled(at_s, None, None, None), **more)

    def act(self, at_s: float, act: Trigger, person: str = "operator-a", reason: str = "", **phases: object) -> None:
        self.decide(OperatorActed(at_s, act, person, None, reason), **phases)

    def frame(self, at_s: float, commands: Iterable[Command] = (), *, known: bool = True, **more: object) -> None:
        mean = mean_degC(at_s) if known else None
        defect = bool(more.get("defect"))
        if not defect:
            self.target = summary("target", mean)
            self.guards = tuple(summary(guard.name, None if mean is None else 38.0) for guard in self.plan.guard)
            in_range = mean is not None and mean - 0.9 >= 40.0
            gained = 3.0 if in_range and self.clock.in_range else 0.0
            self.clock = attrs.evolve(self.clock, in_range=in_range, total_s=self.clock.total_s + gained)
        self.sequence += 1
        geometry = Geometry((1, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
        volume = np.full((1, 1, 1), self.sequence, dtype=np.complex64)
        self.decide(FrameReceived(at_s, self.sequence, at_s - 1.0, 1.5, 20.0, geometry, volume), commands, **more)

    def maps(self, at_s: float, label: str) -> KeyMoment:
        """Target at 41 degC but for its first voxel, invalid, and its second, 39 degC; all else 38 degC."""
        layout = lay_out(self.plan)
        temperature = np.full(len(layout.points_mm), 38.0, dtype=np.float32)
        temperature[layout.target.voxels] = 41.0
        temperature[layout.target.voxels[1]] = 39.0
        validity = np.zeros(len(temperature), dtype=np.uint8)
        validity[layout.target.voxels[0]] = 3
        temperature[layout.target.voxels[0]] = np.nan
        dose = np.full(len(temperature), 0.5, dtype=np.float32)
        dose[layout.target.voxels] = 6.0
        dose[layout.target.voxels[0]] = 0.0
        return KeyMoment(at_s, label, temperature, temperature, validity, dose)


def lease(at_s: float) -> GrantLease:
    half = FocalPower((0.0, 0.0, 0.0), POWER_W / 2.0)
    return GrantLease(at_s + 3.0, (half, half))


def begin(story: Story) -> None:
    """Setup and calibration, to 200 s."""
    story.poll(1.0)
    story.decide(OperatorActed(10.0, Trigger.CONFIRM, "operator-a", SetupItem.IDENTITY, "wristband & passport"))
    refused = OperatorActed(12.0, Trigger.BEGIN_HEATING, HOSTILE_PERSON, None, HOSTILE_REASON)
    story.writer.append_refusal(story.utc(12.0), refused, "calibration is not accepted")
    story.act(100.0, Trigger.BEGIN_CALIBRATION, session=Session.CALIBRATION, calibration=Calibration.BASELINE)
    story.frame(190.0)


def heat(story: Story) -> None:
    """Heating and infusion, to 400 s."""
    story.act(
        HEATING_S, Trigger.BEGIN_HEATING, session=Session.HEATING, energy=Energy.ON, infusion=Infusion.ARMED,
        moment="calibration to heating",
    )  # fmt: skip
    for at_s in np.arange(203.0, COOLING_S, 3.0):
        at = float(at_s)
        if INFUSING_S <= at < HELD_S:
            filled = max(0.0, at - INFUSING_S - 10.0) * RATE_ML_PER_S
            story.ledger = Ledger(filled + 1.0, filled, at - INFUSING_S - 10.0, 0.0, 10.0, filled, 0.0)
            story.frame(at, [lease(at)], session=Session.DRUG_INFUSION_SYNC, infusion=Infusion.INFUSING)
        elif at >= HELD_S and story.phases.infusion is Infusion.INFUSING:
            story.faults = (Standing(Code.OUT_OF_RANGE, at, "out of range for 20.10 s"),)
            story.frame(at, [lease(at)], infusion=Infusion.HELD)
        else:
            story.faults = tuple(attrs.evolve(f, active=False) for f in story.faults) if at < 345.0 else ()
            story.frame(at, [lease(at)])


def end(story: Story) -> str:
    """Cooling, signatures, and the end. Returns the head."""
    story.act(
        COOLING_S, Trigger.END_HEATING, commands=[EnergyOff()], session=Session.COOLING, energy=Energy.OFF,
        moment="heating to cooling",
    )  # fmt: skip
    story.frame(430.0)
    story.poll(COMPLETE_S, session=Session.COMPLETE)
    signs = OperatorActed(470.0, Trigger.SIGN, SIGNED.person, None, "as planned")
    story.decide(signs, signature=SIGNED)
    return story.writer.close_session(story.utc(480.0), 480.0, "COMPLETE")


def tell(path: Path, plan_text: str | None = None) -> str:
    story = Story(path, plan_text)
    begin(story)
    heat(story)
    return end(story)
