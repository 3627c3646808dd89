"""A small plan, made-up images and sham ports that keep one journal: what drives a session loop through a day.

Images show a chosen temperature by the definition of the frequency shift itself, in whole numbers as scanners send
them. The sham devices end their leases as the real ones must; nothing here comes from the simulators.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import pi
from typing import Self

import attrs
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray
from short_plan import PLAN

from syntherm.audit.keys import SiteKey
from syntherm.core.commands import GrantInfusion, GrantLease
from syntherm.core.decision import Record
from syntherm.core.events import (
    EquipmentPolled,
    Event,
    FatMapReceived,
    FrameReceived,
    OperatorActed,
    PumpReport,
    StopLoopReport,
    TransducerReport,
)
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.regions import geometry_of
from syntherm.core.vocabulary import Session, SetupItem, Trigger
from syntherm.ports.record import AuditSink, Signature
from syntherm.session.loop import Ports, SessionLoop
from syntherm.session.signing import meaning

KEY = SiteKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
"""The key of the tests' site."""
SESSION = "5e55" * 8
MORNING = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
CREW = ("operator-a", "physicist-b")
SMALL = {
    "dose_mg_per_m2": "10.0", "body_surface_m2": "1.0", "concentration_mg_per_ml": "10.0", "volume_ml": "1.0",
    "line_dead_volume_ml": "0.1", "syringe_volume_ml": "5.0", "rate_ml_per_h": "90.0",
    "dwell_s": "12.0", "prescribed_in_range_min": "1.5", "max_heating_min": "6.0", "loss_of_range_s": "6.0",
    "recalibration_wait_min": "1.0", "cooling_max_min": "1.0",
    "matrix": "[12, 12, 3]", "voxel_mm": "[4.0, 4.0, 6.0]", "first_voxel_mm": "[-22.0, -22.0, -6.0]",
    "baseline_frames": "6", "test_frames": "3", "radii_mm": "[9.0, 9.0, 9.0]",
}  # fmt: skip
GUARD = """
[[guard]]
name = { value = "lateral", source = "test" }
centre_mm = { value = [18.0, 0.0, 0.0], unit = "mm", source = "test" }
radii_mm = { value = [5.0, 5.0, 8.0], unit = "mm", source = "test" }
max_degC = { value = 43.0, unit = "degC", source = "test" }
max_cem43_min = { value = 4.0, unit = "min", source = "test" }
min_valid_fraction = { value = 0.5, unit = "1", source = "test" }
"""
TUBE = """
[[reference]]
name = {{ value = "tube-{0}-{1}", source = "test" }}
centre_mm = {{ value = [{0}.0, {1}.0, 0.0], unit = "mm", source = "test" }}
radii_mm = {{ value = [6.0, 6.0, 8.0], unit = "mm", source = "test" }}
"""


def small_text() -> str:
    """The demonstration plan on 432 voxels, with everything that takes time shortened, as the text of a plan file."""
    text = PLAN.read_text(encoding="utf-8").split("[[guard]]")[0]
    # Made-up images have no edges by which movement could be seen.
    text = re.sub(r"(?ms)^\[thermometry\]$.*?(?=^\[)", "", text)
    for name, value in SMALL.items():
        text, count = re.subn(rf"(?m)^{name} = {{ value = (\[[^\]]*\]|[^,]+),", f"{name} = {{ value = {value},", text)
        assert count == 1, name
    return text + GUARD + "".join(TUBE.format(x, y) for x in (-18, 18) for y in (-18, 18))


def image(plan: Plan, target_degC: float, spot_degC: float, seed: int) -> NDArray[np.complex64]:
    """One dynamic: the target at a temperature, with a warm spot in its centre, all else at the baseline."""
    axes = [
        first + step * np.arange(count)
        for first, step, count in zip(
            plan.scanner.first_voxel_mm, plan.scanner.voxel_mm, plan.scanner.matrix, strict=True
        )
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    apart2 = x**2 + y**2 + z**2
    rise = np.where(apart2 <= 81.0, target_degC - plan.heating.baseline_degC, 0.0)
    rise = rise + spot_degC * np.exp(-apart2 / 36.0)
    hertz_per_degC = 42.577478518e6 * plan.scanner.field_T * plan.scanner.prf_ppm_per_degC * 1e-6
    phase = 0.02 * x + 2.0 * pi * hertz_per_degC * plan.scanner.echo_time_ms * 1e-3 * plan.scanner.phase_sign * rise
    rng = np.random.default_rng(seed)
    flat = 8000.0 * np.exp(1j * phase) + 60.0 * (rng.standard_normal(x.shape) + 1j * rng.standard_normal(x.shape))
    return (np.rint(flat.real) + 1j * np.rint(flat.imag)).astype(np.complex64)


@attrs.define(eq=False)
class ShamClock:
    """Time stands until it is told to go; `upon` is called in each wait."""

    at_s: float = 0.0
    upon: Callable[[], None] | None = None

    def now_s(self) -> float:
        return self.at_s

    def utc(self) -> datetime:
        return MORNING + timedelta(seconds=self.at_s)

    def wait_until(self, moment_s: float) -> None:
        self.at_s = max(self.at_s, moment_s)
        if self.upon is not None:
            self.upon()


@attrs.define(eq=False)
class ShamTransducer:
    clock: ShamClock
    journal: list[str]
    lease: GrantLease | None = None
    off_fails: BaseException | None = None
    grant_fails: BaseException | None = None

    def grant(self, lease: GrantLease) -> None:
        self.journal.append("grant lease")
        if self.grant_fails is not None:
            raise self.grant_fails
        self.lease = lease

    def off(self) -> None:
        self.journal.append("energy off")
        if self.off_fails is not None:
            raise self.off_fails
        self.lease = None

    def report(self) -> TransducerReport | None:
        on = self.lease is not None and self.clock.at_s < self.lease.until_s and self.lease.power_W > 0.0
        return TransducerReport(True, on, self.lease.power_W if on and self.lease is not None else 0.0)


@attrs.define(eq=False)
class ShamPump:
    clock: ShamClock
    journal: list[str]
    infusion: GrantInfusion | None = None
    pumped_ml: float = 0.0
    seen_s: float = 0.0
    hold_fails: BaseException | None = None
    grant_fails: BaseException | None = None

    def grant(self, infusion: GrantInfusion) -> None:
        self.journal.append("grant infusion")
        if self.grant_fails is not None:
            raise self.grant_fails
        self._live()
        self.infusion = infusion

    def hold(self) -> None:
        self.journal.append("hold infusion")
        if self.hold_fails is not None:
            raise self.hold_fails
        self._live()
        self.infusion = None

    def report(self) -> PumpReport | None:
        self._live()
        running = self.infusion is not None and self.clock.at_s < self.infusion.until_s
        return PumpReport(running, round(self.pumped_ml, 3), 90.0, round(5.0 - self.pumped_ml, 3), 5.0, None)

    def _live(self) -> None:
        if self.infusion is not None:
            running_s = max(0.0, min(self.clock.at_s, self.infusion.until_s) - self.seen_s)
            self.pumped_ml += min(
                self.infusion.rate_ml_per_h * running_s / 3600.0, self.infusion.volume_limit_ml - self.pumped_ml
            )
        self.seen_s = self.clock.at_s


@attrs.define(eq=False)
class ShamStopLoop:
    closed: bool = True

    def report(self) -> StopLoopReport | None:
        return StopLoopReport(self.closed)


@attrs.define(eq=False)
class ShamScanner:
    arrived: list[FrameReceived | FatMapReceived] = attrs.Factory(list)
    refused: list[str] = attrs.Factory(list)
    remarks_fail: BaseException | None = None

    def received(self) -> tuple[FrameReceived | FatMapReceived, ...]:
        arrived, self.arrived = tuple(self.arrived), []
        return arrived

    def remarks(self) -> tuple[str, ...]:
        if self.remarks_fail is not None:
            raise self.remarks_fail
        refused, self.refused = tuple(self.refused), []
        return refused


@attrs.define(eq=False)
class ShamPeople:
    queue: list[OperatorActed] = attrs.Factory(list)
    shown: list[SessionState] = attrs.Factory(list)
    refusals: list[tuple[Trigger, str]] = attrs.Factory(list)
    leave: bool = False

    def acts(self) -> tuple[OperatorActed, ...]:
        done, self.queue = tuple(self.queue), []
        return done

    def show(self, state: SessionState, head: str) -> None:
        self.shown.append(state)

    def signature(self, act: OperatorActed) -> Signature | None:
        means = meaning(act)
        return None if means is None else Signature(act.person, act.person, "operator", means, "what was shown")

    def refused(self, act: OperatorActed, because: str) -> None:
        self.refusals.append((act.act, because))

    def closes(self) -> bool:
        return self.leave


@attrs.define(eq=False)
class ShamRecord:
    """Keeps what was appended; `fails` is raised instead, from the `grace`-th append on."""

    journal: list[str]
    events: list[Event] = attrs.Factory(list)
    records: list[Record] = attrs.Factory(list)
    remarks: list[str] = attrs.Factory(list)
    refusals: list[str] = attrs.Factory(list)
    crashes: list[str] = attrs.Factory(list)
    fails: BaseException | None = None
    head: str = "0" * 64

    def append(
        self,
        utc: datetime,
        event: Event,
        records: tuple[Record, ...],
        remarks: tuple[str, ...],
        signature: Signature | None = None,
    ) -> None:
        self._note("record", event)
        self.records += records
        self.remarks += remarks

    def append_refusal(self, utc: datetime, event: Event, because: str) -> None:
        self._note("record refusal", event)
        self.refusals.append(because)

    def append_unsigned(self, utc: datetime, act: OperatorActed) -> None:
        self._note("record unsigned", act)

    def append_crash(self, utc: datetime, event: Event, error: str) -> None:
        self._note("record crash", event)
        self.crashes.append(error)

    def _note(self, what: str, event: Event) -> None:
        self.journal.append(what)
        if self.fails is not None:
            raise self.fails
        self.events.append(event)


@attrs.define(eq=False)
class Rig:
    """A session loop around sham ports, and the legs of a treatment day."""

    plan: Plan
    journal: list[str]
    clock: ShamClock
    transducer: ShamTransducer
    pump: ShamPump
    stop_loop: ShamStopLoop
    scanner: ShamScanner
    people: ShamPeople
    loop: SessionLoop
    sequence: int = 0

    @classmethod
    def of(cls, plan: Plan, record: AuditSink | None = None, clock: ShamClock | None = None) -> Self:
        """At the begin of a session; on a sham record unless there is a real one."""
        journal: list[str] = []
        clock = clock or ShamClock()
        transducer, pump = ShamTransducer(clock, journal), ShamPump(clock, journal)
        stop_loop, scanner, people = ShamStopLoop(), ShamScanner(), ShamPeople()
        sink = record if record is not None else ShamRecord(journal)
        ports = Ports(clock, scanner, transducer, pump, stop_loop, people, sink)
        loop = SessionLoop(SessionState.begin(plan), ports)
        return cls(plan, journal, clock, transducer, pump, stop_loop, scanner, people, loop)

    def reaching(self, record: AuditSink | None = None) -> "Rig":
        """Another loop, with sham ports of its own, in the state and at the moment that this one has reached."""
        rig = Rig.of(self.plan, record, ShamClock(self.clock.at_s))
        rig.loop.state, rig.sequence = self.loop.state, self.sequence
        rig.transducer.lease = self.transducer.lease
        rig.pump.infusion, rig.pump.pumped_ml, rig.pump.seen_s = (
            self.pump.infusion,
            self.pump.pumped_ml,
            self.pump.seen_s,
        )
        return rig

    @property
    def session(self) -> Session:
        return self.loop.state.phases.session

    def act(self, act: Trigger, person: str = CREW[0], item: SetupItem | None = None, reason: str = "") -> None:
        self.loop.handle(OperatorActed(self.clock.at_s, act, person, item, reason))

    def poll(self, after_s: float = 1.0) -> None:
        self.clock.at_s += after_s
        reports = self.transducer.report(), self.pump.report(), self.stop_loop.report()
        self.loop.handle(EquipmentPolled(self.clock.at_s, *reports))

    def frame(self, target_degC: float = 37.0, spot_degC: float = 0.0) -> FrameReceived:
        """The next image, as it arrives now."""
        self.sequence += 1
        return FrameReceived(
            self.clock.at_s,
            self.sequence,
            self.clock.at_s - 0.5,
            self.plan.scanner.field_T,
            self.plan.scanner.echo_time_ms,
            geometry_of(self.plan),
            image(self.plan, target_degC, spot_degC, self.sequence),
        )

    def live(self, images: int, target_degC: float = 37.0, spot_degC: float = 0.0) -> None:
        """Image periods with three looks at the equipment each."""
        for _ in range(images):
            for _ in range(3):
                self.poll()
            self.loop.handle(self.frame(target_degC, spot_degC))

    def set_up(self) -> None:
        self.poll()
        self.stop_loop.closed = False
        self.poll()
        self.stop_loop.closed = True
        self.poll()
        geometry = geometry_of(self.plan)
        self.loop.handle(FatMapReceived(self.clock.at_s, geometry, np.zeros(geometry.matrix, np.float32)))
        for item in SetupItem:
            for person in CREW[: item.people]:
                self.act(Trigger.CONFIRM, person, item)

    def calibrate(self) -> None:
        self.act(Trigger.BEGIN_CALIBRATION)
        self.live(self.plan.calibration.baseline_frames)
        self.act(Trigger.BEGIN_TEST)
        self.live(self.plan.calibration.test_frames + 1, 37.0, 2.5)
        for person in CREW:
            self.act(Trigger.ACCEPT_CALIBRATION, person)

    def heat(self) -> None:
        self.act(Trigger.BEGIN_HEATING)
        self.live(7, 41.2)

    def infuse(self) -> None:
        self.act(Trigger.RELEASE_INFUSION)
        self.live(18, 41.2)

    def finish(self) -> None:
        self.live(12, 41.2)
        self.live(3, 37.0)
        for person in CREW:
            self.act(Trigger.SIGN, person)


def small_plan() -> Plan:
    return read_plan(small_text())
