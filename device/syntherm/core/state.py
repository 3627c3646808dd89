"""All that the core remembers between two events. Frozen; `step` makes the next one."""

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.calibration import FocusResponse
from syntherm.core.commands import GrantInfusion, GrantLease
from syntherm.core.control.foci import Foci, place_foci
from syntherm.core.control.prepared import Prepared, prepare
from syntherm.core.control.steering import PREDICTIVE, ControlMemory, Steered
from syntherm.core.dose import Dose
from syntherm.core.drug.ledger import Ledger
from syntherm.core.drug.track import DrugTrack
from syntherm.core.events import Channel, ComplexVolume, PumpReport, StopLoopReport, TransducerReport
from syntherm.core.faults import Code
from syntherm.core.loan import Loan
from syntherm.core.machine import Phases
from syntherm.core.plan.values import Plan
from syntherm.core.response.coverage import Coverage
from syntherm.core.response.judged import Identified
from syntherm.core.response.steady import Steady
from syntherm.core.response.trial import Groundwork, Trial
from syntherm.core.response.warming import Warming
from syntherm.core.thermometry.anchor import Anchor
from syntherm.core.thermometry.balance import Balance
from syntherm.core.thermometry.baseline import Baseline, Learning
from syntherm.core.thermometry.regions import Layout, lay_out
from syntherm.core.thermometry.summary import Summary
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.thermometry.watched import Memory, Quality
from syntherm.core.watch import Watch


@attrs.frozen
class Agreement:
    """One person's yes to one thing. `topic` is a setup item's or a trigger's value."""

    topic: str
    person: str


@attrs.frozen(eq=False)
class Imaging:
    """The images so far.

    `acquired_s`: when the last accepted one was measured. `defect`: what was wrong with the last one of all.
    """

    sequence: int | None = None
    acquired_s: float | None = None
    volume: ComplexVolume | None = None
    defect: str | None = None
    frozen: bool = False
    fat_fraction: NDArray[np.float32] | None = None


@attrs.frozen(eq=False)
class Thermometry:
    """What calibration learned and what the last image says.

    `thermal` is None when no temperature is known; `last` is the latest that was, against which jumps are judged.
    With a plan that has thermometry watch itself: `images` of the baseline until `anchor` is made from them, and the
    last image's `quality`.
    """

    learning: Learning | None = None
    baseline: Baseline | None = None
    thermal: Thermal | None = None
    last: Thermal | None = None
    target: Summary | None = None
    guards: tuple[Summary, ...] = ()
    dose: Dose | None = None
    images: tuple[ComplexVolume, ...] = ()
    anchor: Anchor | None = None
    memory: Memory | None = None
    quality: Quality | None = None
    balance: Balance = attrs.Factory(Balance)


@attrs.frozen
class Beam:
    """Energy: last lease and last off, test sonication, response of the day, times of heating and cooling.

    `memory`: what the controller remembers; `steered`: its last answer. `sent`: what the near field still bears.
    `trial`: the test sonication, where the plan has it prove itself by two shots, and what it `identified` in the end;
    the `coverage` that follows from it, and from the `warming` before the drug is released.
    """

    lease: GrantLease | None = None
    granted_s: float | None = None
    lent_J: tuple[float, ...] = ()
    test_granted: int = 0
    test_energy_J: float = 0.0
    test_since_s: float | None = None
    pending: FocusResponse | None = None
    response: FocusResponse | None = None
    last_energy_s: float | None = None
    off_s: float | None = None
    heating_s: float = 0.0
    cooling_since_s: float | None = None
    loans: tuple[Loan, ...] = ()
    memory: ControlMemory | None = attrs.field(default=None, eq=False)
    steered: Steered | None = None
    sent: tuple[Loan, ...] = ()
    trial: Trial | None = attrs.field(default=None, eq=False)
    identified: Identified | None = None
    coverage: Coverage | None = None
    warming: Warming | None = attrs.field(default=None, eq=False)


@attrs.frozen
class RangeClock:
    """Time in range on bounds. `dwell_s` starts anew after each loss; `out_since_s` is None while in range."""

    in_range: bool = False
    dwell_s: float = 0.0
    total_s: float = 0.0
    out_since_s: float | None = None


@attrs.frozen
class Equipment:
    """The last look at each device, and when it last answered.

    `unconfirmed`: what was not confirmed as taken away. `refused`: the channel that last took no loan, until it is
    looked at again.
    """

    transducer: TransducerReport | None = None
    transducer_s: float | None = None
    pump: PumpReport | None = None
    pump_s: float | None = None
    stop_loop: StopLoopReport | None = None
    stop_loop_s: float | None = None
    seen_open: bool = False
    granted_infusion: GrantInfusion | None = None
    held_s: float | None = None
    infusing_since_s: float | None = None
    infusing_from_ml: float = 0.0
    unconfirmed: str | None = None
    refused: Channel | None = None


@attrs.frozen
class Standing:
    """A fault that stands: latched until its clear rule lets it go. `active` is False once its cause is gone."""

    code: Code
    since_s: float
    detail: str
    active: bool = True


@attrs.frozen(eq=False)
class SessionState:
    """One session at one moment."""

    plan: Plan
    layout: Layout
    foci: Foci
    at_s: float | None = None
    jumped_s: float = 0.0
    phases: Phases = attrs.Factory(Phases)
    agreements: frozenset[Agreement] = frozenset()
    imaging: Imaging = attrs.Factory(Imaging)
    thermometry: Thermometry = attrs.Factory(Thermometry)
    beam: Beam = attrs.Factory(Beam)
    range_clock: RangeClock = attrs.Factory(RangeClock)
    equipment: Equipment = attrs.Factory(Equipment)
    ledger: Ledger = attrs.Factory(Ledger)
    faults: tuple[Standing, ...] = ()
    watch: Watch = attrs.Factory(Watch)
    drug: DrugTrack | None = None
    prepared: Prepared | None = None
    groundwork: Groundwork | None = None
    steady: Steady | None = None

    @classmethod
    def begin(cls, plan: Plan) -> "SessionState":
        """A session that has not begun: SETUP, nothing known, nothing granted."""
        layout = lay_out(plan)
        foci = place_foci(plan, layout)
        # It takes a second, and nobody waits yet: no energy, no heartbeat.
        prepared = prepare(plan, layout, foci) if plan.sonication.controller == PREDICTIVE else None
        new = cls(plan=plan, layout=layout, foci=foci, prepared=prepared)
        if plan.calibration_proof is None:
            return new
        return attrs.evolve(new, groundwork=Groundwork.of(plan, layout), steady=Steady.of(plan, layout, foci))
