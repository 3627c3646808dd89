"""One session up to heating and some minutes on, in the virtual room, with the truth beside every image.

The shipped loop and core, without a record on disk: nothing here is about the record.
"""

from collections.abc import Callable
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import Energy, Session, Trigger
from syntherm.session.loop import Ports, SessionLoop
from syntherm_sim.patient import Day, Patient
from syntherm_sim.people.scripted import ScriptedCrew
from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.grid import F32
from syntherm_sim.physics.mr import Sequence, Signal
from syntherm_sim.physics.mr_kernel import C64
from syntherm_sim.room import Room
from syntherm_verify.recording.steps import Forgets

Flat = NDArray[np.float32]
Beholds = Callable[[SessionState, Flat], None]
"""Is shown the state after each heated image, and what was true of it, degC."""
_LATEST_S: Final = 3600.0
"""Who does not heat by then, for calibrations that are refused again and again, never does."""
_HEATED: Final = frozenset({Session.HEATING, Session.DRUG_INFUSION_SYNC})


class NotHeated(Exception):
    """The session never came to heat. One line."""


@attrs.frozen
class Look:
    """One accepted image of a heated session, against the truth.

    `covered`: share of the target's valid voxels whose bounds hold the truth; NaN where none is valid. `error_degC`:
    of the mean over the target. `flagged`: codes of the faults that stand. `lent`: whether energy may flow.
    `hottest_degC`: over the tumour's tissue; `over_guard_degC`: the hottest guard tissue above its limit.
    """

    at_s: float
    covered: float
    error_degC: float
    valid: float
    flagged: tuple[str, ...]
    lent: bool
    hottest_degC: float
    over_guard_degC: float


class _WatchedSignal(Signal):
    """Keeps what is true of each image that it made."""

    def __init__(self, patient: Patient, seed: int, day: Day, sequence: Sequence | None) -> None:
        super().__init__(patient.anatomy, seed, day.disturbance, sequence, day.movement, day.faults)
        self.truths: dict[float, Flat] = {}

    def volume(self, temperature_degC: F32, time_s: float) -> C64:
        self.truths = {time_s: self.true_degC(temperature_degC, time_s).reshape(-1), **_newest(self.truths)}
        return super().volume(temperature_degC, time_s)


def _newest(truths: dict[float, Flat]) -> dict[float, Flat]:
    return dict(list(truths.items())[:5])


class _Crew(ScriptedCrew):
    """Ends the session so many seconds after heating began, or when nobody can heat any more."""

    def __init__(self, room: Room, seed: int, signal: _WatchedSignal, heated_s: float, beholds: Beholds | None) -> None:
        super().__init__(room, seed)
        self._signal, self._heated_s, self._ends, self._beholds = signal, heated_s, False, beholds
        self.began_s: float | None = None
        self.looks: list[Look] = []
        self._last_s: float | None = None

    def show(self, state: SessionState, head: str) -> None:
        now_s = self._room.timeline.now_s()
        if state.phases.session in _HEATED and self.began_s is None:
            self.began_s = now_s
        if self.began_s is not None:
            self._look(state)
            if now_s >= self.began_s + self._heated_s and not self._ends:
                self._ends = True
                self.act(Trigger.STOP, "operator-a", "the sitting is over", None)
        if state.phases.session is Session.ABORT or (self.began_s is None and now_s > _LATEST_S):
            self._ends = True
        super().show(state, head)

    def closes(self) -> bool:
        return self._ends

    def _look(self, state: SessionState) -> None:
        acquired_s, thermal = state.imaging.acquired_s, state.thermometry.thermal
        if self._ends or acquired_s is None or acquired_s == self._last_s:
            return
        self._last_s = acquired_s
        voxels, k = state.layout.target.voxels, state.plan.limits.coverage_factor
        patient, guards = self._room.patient, state.plan.guard
        covered, error, valid = float("nan"), float("nan"), 0.0
        true = self._signal.truths.get(acquired_s)
        if self._beholds is not None and true is not None:
            self._beholds(state, true)
        if thermal is not None and true is not None:
            seen = voxels[(thermal.validity[voxels] == Reason.VALID) & np.isfinite(true[voxels])]
            valid = len(seen) / len(voxels)
            if len(seen):
                off = thermal.temperature_degC[seen].astype(np.float64) - true[seen]
                covered = float((np.abs(off) <= k * thermal.uncertainty_degC[seen]).mean())
                error = float(off.mean())
        self.looks.append(
            Look(
                at_s=acquired_s,
                covered=covered,
                error_degC=error,
                valid=valid,
                flagged=tuple(each.code.name for each in state.faults if each.active),
                lent=state.phases.energy is Energy.ON,
                hottest_degC=patient.truth().hottest_degC,
                over_guard_degC=max(
                    patient.hottest_within(guard.centre_mm, guard.radii_mm) - guard.max_degC for guard in guards
                ),
            )
        )


@attrs.frozen
class Sitting:
    """What was seen. `began_s`: when heating began. `faults`: all that were named, in the order in which they came."""

    began_s: float
    looks: tuple[Look, ...]
    faults: tuple[str, ...]


def sit(
    plan: Plan, seed: int, day: Day, heated_s: float, anatomy: Anatomy | None = None, sequence: Sequence | None = None,
    beholds: Beholds | None = None,
) -> Sitting:  # fmt: skip
    """Run one session. Raises NotHeated; SessionFailed if it could not go on.

    `anatomy` and `sequence` stand in for the seed's breast and for the usual acquisition.
    """
    room = Room(plan, seed, day, anatomy)
    signal = _WatchedSignal(room.patient, seed, day, sequence)
    room.patient.signal = signal
    crew = _Crew(room, seed, signal, heated_s, beholds)
    ports = Ports(room.timeline, room.scanner, room.generator, room.pump, room.stop_button, crew, Forgets())
    loop = SessionLoop(SessionState.begin(plan), ports)
    loop.run()
    if crew.began_s is None:
        faults = ", ".join(each.code.name for each in loop.state.faults)
        raise NotHeated(f"patient {seed}: not heated, ended in {loop.state.phases.session.name} ({faults})")
    named: dict[str, None] = {}
    for look in crew.looks:
        named.update(dict.fromkeys(look.flagged))
    named.update(dict.fromkeys(each.code.name for each in loop.state.faults))
    return Sitting(crew.began_s, tuple(crew.looks), tuple(named))
