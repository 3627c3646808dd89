"""What the report knows of a session, as frozen values. Times are the record's own seconds unless named utc."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.faults import Code
from syntherm.core.plan.values import Plan
from syntherm.core.vocabulary import Energy, Infusion, Session, SetupItem, State, Trigger

if TYPE_CHECKING:
    from syntherm.reports.drug_course import DrugCourse

Series = NDArray[np.float64]


@attrs.frozen(eq=False)
class Curve:
    """A bounded temperature over time: arrays of one length, in s and degC; NaN where nothing is known."""

    at_s: Series
    estimate_degC: Series
    lower_degC: Series
    upper_degC: Series


@attrs.frozen
class Span:
    """One state of one region of the table, from a moment to the next change."""

    state: State
    start_s: float
    end_s: float


@attrs.frozen
class Lease:
    """Power that was lent: `end_s` is when it lapsed, was replaced or was ended, whichever came first."""

    start_s: float
    end_s: float
    power_W: float


@attrs.frozen
class Alarm:
    """A fault that stood. `gone_s`: its cause was gone; `cleared_s`: it stood no more; None if never on record."""

    code: Code
    raised_s: float
    detail: str
    gone_s: float | None
    cleared_s: float | None


@attrs.frozen
class Signed:
    """A person's electronic signature under an act."""

    name: str
    role: str
    meaning: str
    shown: str


@attrs.frozen
class Act:
    """What a person did at the console; `refused` is the reason of a refusal, `entry` its number on record."""

    at_s: float
    utc: str
    act: Trigger
    person: str
    item: SetupItem | None
    reason: str
    refused: str | None
    entry: int = 0
    signed: Signed | None = None


@attrs.frozen
class Happening:
    """A failure of a channel, a restart, a crash or a remark; the same one in succession is counted."""

    first_s: float
    utc: str
    last_s: float
    count: int
    what: str
    detail: str


@attrs.frozen(eq=False)
class Ticks:
    """One value per decision: its time, drug to the patient, whether in range, and the running totals."""

    at_s: Series
    patient_ml: Series
    in_range: NDArray[np.bool_]
    in_range_s: Series
    heating_s: Series


@attrs.frozen
class Account:
    """The last account of the infusion, volumes in mL and times in s."""

    pumped_ml: float
    patient_ml: float
    heated_ml: float
    unheated_ml: float
    heated_s: float
    unheated_s: float
    filling_s: float


@attrs.frozen
class Moment:
    """A key moment: where its flat maps lie beside the entries, by digest."""

    at_s: float
    utc: str
    label: str
    temperature: str
    validity: str
    dose: str
    dose_cut39: str | None = None
    drug_tissue: str | None = None
    drug_co_exposure: str | None = None


@attrs.frozen(eq=False)
class Findings:
    """Single figures that checks left on record; None where they never measured."""

    precision_degC: tuple[tuple[float, float], ...]
    focus_offset_mm: tuple[float, float, float] | None
    largest_drift_degC: float | None
    largest_residual_degC: float | None
    guard_dose_min: tuple[float, float] | None


@attrs.frozen(eq=False)
class Chain:
    """The hash chain as recomputed for this report; `broken_at` is the first entry that does not fit.

    `checkpoints` signatures by `key` (fingerprint) stand in it, the last over entry `checked_to` and all before it:
    `syntherm record verify` verifies them, the report does not.
    """

    entries: int
    head: str
    broken_at: int | None
    checkpoints: int = 0
    checked_to: int = 0
    key: str | None = None


@attrs.frozen(eq=False)
class History:
    """The whole session. `ended_in` is None when the record was not closed."""

    plan: Plan
    versions: Mapping[str, str]
    plan_digest: str
    opened_s: float
    opened_utc: str
    last_s: float
    last_utc: str
    ended_in: str | None
    session: tuple[Span, ...]
    energy: tuple[Span, ...]
    infusion: tuple[Span, ...]
    target: Mapping[str, Curve]
    guards: Mapping[str, Curve]
    images_s: Series
    leases: tuple[Lease, ...]
    ticks: Ticks
    account: Account | None
    alarms: tuple[Alarm, ...]
    acts: tuple[Act, ...]
    happenings: tuple[Happening, ...]
    moments: tuple[Moment, ...]
    findings: Findings
    chain: Chain
    drug: "DrugCourse | None" = None

    @property
    def final(self) -> Session | None:
        """The last known state of the session; None when the record holds no decision."""
        state = self.session[-1].state if self.session else None
        return state if isinstance(state, Session) else None

    def minute(self, at_s: float) -> float:
        """Minutes since the record was opened."""
        return (at_s - self.opened_s) / 60.0

    def image_minute(self, at_s: float) -> float | None:
        """When the last image before a moment came, in minutes: its temperatures are those of that image."""
        before = self.images_s[self.images_s <= at_s]
        return self.minute(float(before[-1])) if len(before) else None

    def entries_into(self, state: Energy | Infusion | Session, start_s: float, end_s: float) -> tuple[Span, ...]:
        """The spans of a state that begin within a time; what begins with its end is no longer part of it."""
        every = (*self.session, *self.energy, *self.infusion)
        return tuple(span for span in every if span.state is state and start_s <= span.start_s < end_s)
