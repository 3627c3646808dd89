"""A small plan, made-up images and made-up equipment: everything that drives the core through a session.

Images encode a chosen temperature in their phase, from the definition of the frequency shift itself and not from
the code under test. The equipment keeps the commands that it got and answers as the real one would.
"""

from collections.abc import Iterable
from math import pi

import attrs
import numpy as np
from short_plan import PLAN

from syntherm.core.commands import EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.events import (
    EquipmentPolled,
    FatMapReceived,
    FrameReceived,
    OperatorActed,
    PumpReport,
    StopLoopReport,
    TransducerReport,
)
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Guard, Plan, Reference, Target
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome, step
from syntherm.core.thermometry.regions import Layout, geometry_of, lay_out
from syntherm.core.vocabulary import SetupItem, Trigger

SIGNAL, NOISE = 1000.0, 8.0
POLL_S, FRAME_S = 1.0, 3.0


def full_plan() -> Plan:
    return read_plan(PLAN.read_text(encoding="utf-8"))


def small_plan() -> Plan:
    """The demonstration plan on 432 voxels, with everything that takes time shortened."""
    plan = full_plan()
    guards = (
        Guard("lateral", (18.0, 0.0, 0.0), (5.0, 5.0, 8.0), 43.0, 4.0, 0.5),
        Guard("pectoral", (0.0, 18.0, 0.0), (5.0, 5.0, 8.0), 42.0, 3.0, 0.5),
    )
    corners = [(x, y, 0.0) for x in (-18.0, 18.0) for y in (-18.0, 18.0)]
    prescription = attrs.evolve(
        plan.prescription, volume_ml=1.0, line_dead_volume_ml=0.1, syringe_volume_ml=5.0, rate_ml_per_h=90.0
    )
    return attrs.evolve(
        plan,
        # These made-up images have no edges to match.
        thermometry=None,
        calibration_proof=None,
        prescription=prescription,
        heating=attrs.evolve(
            plan.heating, dwell_s=12.0, prescribed_in_range_min=1.5, max_heating_min=6.0, loss_of_range_s=6.0
        ),
        limits=attrs.evolve(plan.limits, recalibration_wait_min=1.0, cooling_max_min=1.0),
        scanner=attrs.evolve(
            plan.scanner, matrix=(12, 12, 3), voxel_mm=(4.0, 4.0, 6.0), first_voxel_mm=(-22.0, -22.0, -6.0)
        ),
        calibration=attrs.evolve(plan.calibration, baseline_frames=6, test_frames=3),
        target=Target((0.0, 0.0, 0.0), (9.0, 9.0, 9.0)),
        guard=guards,
        reference=tuple(Reference(f"tube-{i}", corner, (6.0, 6.0, 8.0)) for i, corner in enumerate(corners)),
        # What cooling adds is tested by itself: here the limit of a dose is the dose itself.
        residual_dose=None,
        # So is what a lease hides.
        hidden_peak=None,
    )


def radians_per_degC(plan: Plan) -> float:
    """From first principles: 2 pi x shift in Hz per degC x echo time."""
    hertz = 42.577478518e6 * plan.scanner.field_T * plan.scanner.prf_ppm_per_degC * 1e-6
    return 2.0 * pi * hertz * plan.scanner.echo_time_ms * 1e-3 * plan.scanner.phase_sign


@attrs.define
class Picture:
    """Temperatures of one image: a base, with target, guards and a warm spot put in."""

    target: float = 37.0
    guards: float = 37.0
    base: float = 37.0
    spot: float = 0.0
    spot_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def map(self, layout: Layout) -> np.ndarray:
        degC = np.full(len(layout.points_mm), self.base)
        degC[layout.target.voxels] = self.target
        for guard in layout.guards:
            degC[guard.voxels] = self.guards
        apart = np.linalg.norm(layout.points_mm - np.asarray(self.spot_mm), axis=1)
        return degC + self.spot * np.exp(-((apart / 6.0) ** 2))


def volume_of(plan: Plan, degC: np.ndarray, seed: int, *, noise: float = NOISE, field: np.ndarray | float = 0.0):
    """A complex volume whose phase against 37 degC shows `degC`, with a background phase, drift and noise."""
    rng = np.random.default_rng(seed)
    background = np.linspace(-2.0, 2.0, degC.size)
    phase = background + (degC - plan.heating.baseline_degC) * radians_per_degC(plan) + field
    flat = SIGNAL * np.exp(1j * phase) + noise * (rng.standard_normal(degC.size) + 1j * rng.standard_normal(degC.size))
    return flat.reshape(plan.scanner.matrix).astype(np.complex64)


@attrs.define
class Room:
    """Generator, pump and stop loop, as they answer to the commands they got."""

    plan: Plan
    lease: GrantLease | None = None
    infusion: GrantInfusion | None = None
    pumped_ml: float = 0.0
    was_s: float = 0.0
    alarm: str | None = None
    stop_open: bool = False
    missing: frozenset[str] = frozenset()

    def obey(self, commands: Iterable[object]) -> None:
        for command in commands:
            if isinstance(command, EnergyOff):
                self.lease = None
            elif isinstance(command, HoldInfusion):
                self.infusion = None
            elif isinstance(command, GrantLease):
                self.lease = command
            elif isinstance(command, GrantInfusion):
                self.infusion = command

    def look(self, at_s: float) -> EquipmentPolled:
        grant = self.infusion
        running = grant is not None and at_s <= grant.until_s and self.alarm is None
        if running and grant is not None:
            more = grant.rate_ml_per_h / 3600.0 * (at_s - self.was_s)
            self.pumped_ml = min(self.pumped_ml + more, grant.volume_limit_ml)
        self.was_s = at_s
        on = self.lease is not None and at_s <= self.lease.until_s and self.lease.power_W > 0.0
        prescription = self.plan.prescription
        return EquipmentPolled(
            at_s,
            None
            if "transducer" in self.missing
            else TransducerReport(True, on, self.lease.power_W if on and self.lease else 0.0),
            None
            if "pump" in self.missing
            else PumpReport(
                running,
                self.pumped_ml,
                prescription.rate_ml_per_h,
                prescription.syringe_volume_ml - self.pumped_ml,
                self.plan.pump.watchdog_s,
                self.alarm,
            ),
            None if "stop-loop" in self.missing else StopLoopReport(not self.stop_open),
        )


@attrs.define
class Drive:
    """One session under way: feeds events and keeps what came out."""

    state: SessionState
    room: Room
    at_s: float = 0.0
    sequence: int = 0
    outcomes: list[Outcome] = attrs.Factory(list)

    def copy(self) -> "Drive":
        return Drive(self.state, attrs.evolve(self.room), self.at_s, self.sequence)

    @property
    def plan(self) -> Plan:
        return self.state.plan

    @property
    def last(self) -> Outcome:
        return self.outcomes[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """The four phases by value."""
        return tuple(phase.value for phase in self.state.phases.all())

    def feed(self, event) -> Outcome:
        outcome = step(self.state, event)
        self.state = outcome.state
        self.at_s = event.at_s
        self.room.obey(outcome.commands)
        self.outcomes.append(outcome)
        return outcome

    def act(self, act: Trigger, person: str = "ana", item: SetupItem | None = None, reason: str = "") -> Outcome:
        return self.feed(OperatorActed(self.at_s, act, person, item, reason))

    def poll(self, after_s: float = POLL_S, **changes) -> Outcome:
        return self.feed(attrs.evolve(self.room.look(self.at_s + after_s), **changes))

    def frame_event(self, picture: Picture | None = None, after_s: float = 0.0, **changes) -> FrameReceived:
        self.sequence += 1
        at_s = self.at_s + after_s
        degC = (picture or Picture()).map(self.state.layout)
        made = FrameReceived(
            at_s,
            self.sequence,
            at_s - 0.5,
            self.plan.scanner.field_T,
            self.plan.scanner.echo_time_ms,
            geometry_of(self.plan),
            volume_of(self.plan, degC, self.sequence),
        )
        return attrs.evolve(made, **changes)

    def frame(self, picture: Picture | None = None, after_s: float = 0.0, **changes) -> Outcome:
        return self.feed(self.frame_event(picture, after_s, **changes))

    def live(self, picture: Picture, images: int) -> None:
        """Some image periods: equipment is looked at every second, then the image comes."""
        for _ in range(images):
            for _ in range(round(FRAME_S / POLL_S)):
                self.poll()
            self.frame(picture)

    # ---- the treatment day, leg by leg
    def set_up(self) -> "Drive":
        self.poll()
        self.room.stop_open = True
        self.poll()
        self.room.stop_open = False
        self.poll()
        geometry = geometry_of(self.plan)
        self.feed(FatMapReceived(self.at_s, geometry, np.zeros(geometry.matrix, dtype=np.float32)))
        for item in SetupItem:
            for person in ("ana", "ben")[: item.people]:
                self.act(Trigger.CONFIRM, person, item)
        return self

    def calibrate(self) -> "Drive":
        self.act(Trigger.BEGIN_CALIBRATION)
        self.live(Picture(), self.plan.calibration.baseline_frames)
        return self

    def test(self, picture: Picture | None = None) -> "Drive":
        self.act(Trigger.BEGIN_TEST)
        self.live(picture or Picture(spot=2.5), self.plan.calibration.test_frames + 1)
        return self

    def accept(self) -> "Drive":
        self.act(Trigger.ACCEPT_CALIBRATION, "ana")
        self.act(Trigger.ACCEPT_CALIBRATION, "ben")
        return self

    def heat(self, images: int = 7) -> "Drive":
        self.act(Trigger.BEGIN_HEATING)
        self.live(Picture(target=41.2), images)
        return self

    def infuse(self) -> "Drive":
        self.act(Trigger.RELEASE_INFUSION)
        return self

    def abort(self) -> "Drive":
        self.act(Trigger.STOP)
        return self

    def reset(self) -> "Drive":
        self.act(Trigger.RESET, "ana", reason="checked")
        self.act(Trigger.RESET, "ben", reason="checked")
        return self


class Bench:
    """What tests get: the plans, and sessions that have come to a named place."""

    LEGS = ("begun", "set-up", "learned", "review", "accepted", "heating", "infusing")

    def __init__(self) -> None:
        self.full, self.plan = full_plan(), small_plan()
        self.layout = lay_out(self.plan)
        self._places: dict[str, Drive] = {}
        drive = Drive(SessionState.begin(self.plan), Room(self.plan))
        legs = (
            lambda d: d, Drive.set_up, Drive.calibrate, Drive.test, Drive.accept, Drive.heat, Drive.infuse,
        )  # fmt: skip
        for name, leg in zip(self.LEGS, legs, strict=True):
            drive = leg(drive.copy())
            self._places[name] = drive
        self._places["aborted"] = self._places["infusing"].copy().abort()
        cooling = self._places["heating"].copy()
        cooling.act(Trigger.END_HEATING)
        self._places["cooling"] = cooling
        complete = cooling.copy()
        complete.live(Picture(), 1)
        self._places["complete"] = complete

    def at(self, place: str) -> Drive:
        """A fresh session at a named place of the day."""
        return self._places[place].copy()

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(self._places)


def put(value, **changes):
    """A copy of a frozen value with changes by path, `equipment__pump_s=3.0` for a value inside a value."""
    direct = {name: new for name, new in changes.items() if "__" not in name}
    inner: dict[str, dict[str, object]] = {}
    for name, new in changes.items():
        if "__" in name:
            head, rest = name.split("__", 1)
            inner.setdefault(head, {})[rest] = new
    nested = {head: put(getattr(value, head), **rest) for head, rest in inner.items()}
    return attrs.evolve(value, **direct, **nested)
