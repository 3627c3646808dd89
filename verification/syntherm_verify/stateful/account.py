"""What the rules know of a session by themselves: they read events, commands and true devices, never its counters."""

from collections import Counter
from typing import Final

from syntherm.core.commands import EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.decision import Decision
from syntherm.core.events import Event, FrameReceived, OperatorActed, Restarted
from syntherm.core.faults import Code, Response
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.step import Outcome
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, Trigger
from syntherm_verify.stateful.bench import Place

_ROUNDING: Final = 1e-6
_FLOWING: Final = (Energy.ON, Energy.TEST)
_HEATING: Final = (Session.HEATING, Session.DRUG_INFUSION_SYNC)
DEFECTS_OF_SOFTWARE: Final = frozenset({Code.CHECK_DID_NOT_RUN, Code.PROPERTY_VIOLATED})
"""Nothing that people, images or equipment do may raise these."""


def holds(truth: bool, says: str) -> None:
    """Fail the session under test unless something holds."""
    if not truth:
        raise AssertionError(says)


class Account:
    """The judge of one session. Every fault that arises is counted in `reached`."""

    def __init__(self, plan: Plan, place: Place, crew: int, reached: Counter[Code]) -> None:
        clock, state = place.state.range_clock, place.state
        self._plan, self._crew = plan, crew
        self._dwell_s, self._was_in_range = clock.dwell_s, clock.in_range
        self._acquired_s = state.imaging.acquired_s
        self._resets: set[str] = set()
        self._accepts = {each.person for each in state.agreements if each.topic == Trigger.ACCEPT_CALIBRATION.value}
        self._reached = reached

    def judge(self, before: SessionState, event: Event, outcome: Outcome | None) -> None:
        """One step, against everything that is known."""
        if outcome is None:
            holds(isinstance(event, OperatorActed), f"{type(event).__name__} was refused: only a person's act may be")
            holds(not _is_act(event, Trigger.STOP), "a stop was refused")
            return
        after = outcome.state
        self._count_range(before, event, after)
        self._commands(before, event, outcome)
        self._people(before, event, outcome)
        self._phases(before, event, outcome)
        standing = {fault.code for fault in before.faults}
        self._reached.update(fault.code for fault in after.faults if fault.code not in standing)
        wrong = [fault for fault in after.faults if fault.code in DEFECTS_OF_SOFTWARE]
        holds(not wrong, "; ".join(f"{fault.code.value.code}: {fault.detail}" for fault in wrong))
        ledger = after.ledger
        apart_ml = abs(ledger.patient_ml - ledger.heated_ml - ledger.unheated_ml)
        holds(apart_ml < _ROUNDING, f"the account of the infusion does not add up: {ledger}")

    def _count_range(self, before: SessionState, event: Event, after: SessionState) -> None:
        if isinstance(event, Restarted):
            self._was_in_range = False
        if not isinstance(event, FrameReceived) or after.imaging.defect is not None:
            return
        target, heating = after.thermometry.target, self._plan.heating
        in_range = (
            before.phases.session in _HEATING
            and target is not None
            and target.valid_fraction >= self._plan.limits.target_min_valid_fraction
            and target.cold90.lower >= heating.range_cold90_min_degC
            and target.hot10.upper <= heating.range_hot10_max_degC
        )
        unbroken = in_range and self._was_in_range and self._acquired_s is not None
        gap_s = event.acquired_s - (self._acquired_s or 0.0)
        self._dwell_s = self._dwell_s + gap_s if unbroken else 0.0
        self._was_in_range, self._acquired_s = in_range, event.acquired_s

    # ---- commands
    def _commands(self, before: SessionState, event: Event, outcome: Outcome) -> None:
        commands = outcome.commands
        kinds = {type(command) for command in commands}
        holds(not {EnergyOff, GrantLease} <= kinds, "a lease in the step that takes energy away")
        holds(not {HoldInfusion, GrantInfusion} <= kinds, "drug in the step that holds it")
        falling = [isinstance(command, EnergyOff | HoldInfusion) for command in commands]
        holds(falling == sorted(falling, reverse=True), "what takes away does not come first")
        for command in commands:
            if isinstance(command, GrantLease):
                self._lease(event, outcome, command)
            elif isinstance(command, GrantInfusion):
                self._infusion(before, event, outcome, command)

    def _lease(self, event: Event, outcome: Outcome, lease: GrantLease) -> None:
        after = outcome.state
        holds(isinstance(event, FrameReceived), "a lease without an image")
        holds(after.imaging.defect is None and after.thermometry.thermal is not None, "a lease upon no temperature")
        longest_s = self._plan.sonication.lease_s
        holds(event.at_s < lease.until_s <= event.at_s + longest_s + _ROUNDING, "a lease of a wrong length")
        holds(0.0 <= lease.power_W <= self._plan.sonication.max_power_W + _ROUNDING, "a lease of too much power")
        holds(after.phases.energy in _FLOWING, "a lease where no energy flows")
        holds(_asked(outcome) < Response.PAUSE, "a lease in spite of a fault that pauses")

    def _infusion(self, before: SessionState, event: Event, outcome: Outcome, grant: GrantInfusion) -> None:
        drug = self._plan.prescription
        holds(outcome.state.phases.infusion is Infusion.INFUSING, "drug where none is infused")
        holds(grant.until_s <= event.at_s + self._plan.pump.watchdog_s + _ROUNDING, "drug beyond the watchdog")
        holds(grant.volume_limit_ml <= drug.volume_ml + drug.line_dead_volume_ml + _ROUNDING, "drug without its limit")
        if before.phases.infusion is Infusion.INFUSING:
            fed = isinstance(event, FrameReceived) and outcome.state.imaging.defect is None
            holds(fed, "the pump was fed by something else than an image")
            return
        holds(_is_act(event, Trigger.RELEASE_INFUSION), "drug began without a person")
        least_s = self._plan.heating.dwell_s - _ROUNDING
        holds(self._was_in_range and self._dwell_s >= least_s, f"drug began after {self._dwell_s} s in range")

    # ---- people
    def _people(self, before: SessionState, event: Event, outcome: Outcome) -> None:
        after = outcome.state
        acted = isinstance(event, OperatorActed) and outcome.refused is None
        if acted and _is_act(event, Trigger.RESET) and isinstance(event, OperatorActed) and event.reason.strip():
            self._resets.add(event.person)
        if after.phases.calibration is Calibration.BASELINE or after.phases.calibration is Calibration.NONE:
            self._accepts = set()
        if acted and _is_act(event, Trigger.ACCEPT_CALIBRATION) and isinstance(event, OperatorActed):
            self._accepts.add(event.person)
        accepted = after.phases.calibration is Calibration.ACCEPTED
        holds(not accepted or len(self._accepts) >= self._crew, "a calibration accepted by too few people")
        if before.phases.session is Session.ABORT is not after.phases.session:
            holds(after.phases.session is Session.SETUP, "ABORT led elsewhere than to SETUP")
            holds(len(self._resets) >= self._crew, "a reset by too few people")
            holds(after.agreements == frozenset(), "an agreement survived a reset")
        if after.phases.session is not Session.ABORT:
            self._resets = set()

    # ---- phases
    def _phases(self, before: SessionState, event: Event, outcome: Outcome) -> None:
        was, now, commands = before.phases, outcome.state.phases, outcome.commands
        off, hold = EnergyOff() in commands, HoldInfusion() in commands
        if now.energy is Energy.ON:
            holds(now.session in _HEATING and now.calibration is Calibration.ACCEPTED, f"energy in {now}")
        if now.energy is Energy.TEST:
            holds(now.session is Session.CALIBRATION and now.calibration is Calibration.TEST, f"a test in {now}")
        if was.energy in _FLOWING and now.energy not in _FLOWING:
            holds(off, "energy ended without its command")
        if was.infusion is Infusion.INFUSING is not now.infusion:
            holds(hold, "drug ended without its command")
        if now.session is Session.ABORT is not was.session or isinstance(event, Restarted):
            holds(off and hold, "an abort or a restart did not take both away")
        if now.infusion is Infusion.INFUSING:
            holds(now.session is Session.DRUG_INFUSION_SYNC and now.energy is Energy.ON, f"drug in {now}")
        holds(was.session is not Session.COMPLETE or now.session is Session.COMPLETE, "COMPLETE was left")
        ended = was.infusion in (Infusion.DONE, Infusion.FAILED)
        holds(not ended or now.infusion is was.infusion, "an infusion that had ended changed")
        begun = now.energy in _FLOWING and was.energy not in _FLOWING
        holds(not begun or isinstance(event, OperatorActed), "energy began without a person")
        holds(now.energy not in _FLOWING or _asked(outcome) < Response.PAUSE, "energy in spite of a fault that pauses")


def _asked(outcome: Outcome) -> Response:
    """The worst response that a check asked for in this step, found from its verdicts."""
    decision = outcome.records[0]
    if not isinstance(decision, Decision):
        raise TypeError("a step without its decision")
    codes = (verdict.code for verdict in decision.verdicts.values() if not verdict.may_continue)
    watched = (code.value for code in codes if code is not None)
    asked = (fault.response for fault in watched if decision.before.session in fault.watched_in)
    return max(asked, default=Response.NOTE)


def _is_act(event: Event, act: Trigger) -> bool:
    return isinstance(event, OperatorActed) and event.act is act
