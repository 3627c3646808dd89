"""What one step showed of itself: nothing that a record does not hold, and none of the core's own counters."""

from collections.abc import Mapping
from typing import Final

import attrs

from syntherm.core.checks.registry import ALL, due
from syntherm.core.checks.verdict import Verdict
from syntherm.core.commands import Command, EnergyOff, GrantInfusion, GrantLease, HoldInfusion
from syntherm.core.decision import Decision
from syntherm.core.events import Event, OperatorActed
from syntherm.core.faults import Code
from syntherm.core.machine import Phases
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.summary import Summary
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, Trigger
from syntherm.core.watch import Watch

FLOWING: Final = (Energy.TEST, Energy.ON)
HEATING: Final = (Session.HEATING, Session.DRUG_INFUSION_SYNC)


@attrs.frozen(eq=False)
class Look:
    """One event and its answer.

    `failing`: faults that a check named, or that did not run. `ready`: every check ran and lets energy start.
    `patient_ml`: what the session's account says that the patient got; it is judged, and never used to judge.
    """

    event: Event
    before: Phases
    after: Phases
    commands: tuple[Command, ...]
    refused: str | None
    failing: tuple[Code, ...]
    ready: bool
    target: Summary | None
    guards: tuple[Summary, ...]
    patient_ml: float

    @property
    def act(self) -> Trigger | None:
        """The act that a person did and that was not refused."""
        return self.event.act if isinstance(self.event, OperatorActed) and self.refused is None else None

    @property
    def person(self) -> str:
        """Who did it, however spelt; nobody for an event that is no act."""
        return " ".join(self.event.person.split()).casefold() if isinstance(self.event, OperatorActed) else ""

    @property
    def leases(self) -> tuple[GrantLease, ...]:
        """Loans of energy in the answer."""
        return tuple(c for c in self.commands if isinstance(c, GrantLease)) if self.commands else ()

    @property
    def releases(self) -> tuple[GrantInfusion, ...]:
        """Loans of drug in the answer."""
        return tuple(c for c in self.commands if isinstance(c, GrantInfusion)) if self.commands else ()

    @property
    def energy_off(self) -> bool:
        """Whether the answer ends energy."""
        return any(isinstance(command, EnergyOff) for command in self.commands)

    @property
    def drug_held(self) -> bool:
        """Whether the answer holds the pump."""
        return any(isinstance(command, HoldInfusion) for command in self.commands)

    @property
    def energy_begins(self) -> bool:
        """Whether energy may flow after this step, and did not in this way before it."""
        return self.after.energy in FLOWING and self.after.energy is not self.before.energy

    @property
    def drug_begins(self) -> bool:
        """Whether drug may flow after this step, and did not before it."""
        return self.after.infusion is Infusion.INFUSING and self.before.infusion is not Infusion.INFUSING

    @property
    def reset(self) -> bool:
        """Whether ABORT was left."""
        return self.before.session is Session.ABORT and self.after.session is not Session.ABORT

    @property
    def learns_anew(self) -> bool:
        """Whether a baseline was begun."""
        return self.after.calibration is Calibration.BASELINE is not self.before.calibration


@attrs.frozen(eq=False)
class Case:
    """What a monitor judges: one step, with what was remembered before it and with it."""

    was: Watch
    now: Watch
    look: Look
    plan: Plan


def failing(verdicts: Mapping[str, Verdict]) -> tuple[Code, ...]:
    """Every fault that a check names now; a check that did not run, or failed without a name, is one too."""
    found = [v.code or Code.CHECK_DID_NOT_RUN for v in verdicts.values() if not v.may_continue]
    return tuple(found) if _all_ran(verdicts) else (Code.CHECK_DID_NOT_RUN, *found)


def ready(verdicts: Mapping[str, Verdict]) -> bool:
    """Whether every check ran and lets energy start."""
    return _all_ran(verdicts) and all(verdict.may_start for verdict in verdicts.values())


def _all_ran(verdicts: Mapping[str, Verdict]) -> bool:
    return verdicts.keys() >= due(verdicts, ALL).keys()


def look_at(event: Event, decision: Decision) -> Look:
    """What a step that was just made shows."""
    return Look(
        event=event,
        before=decision.before,
        after=decision.after,
        commands=decision.commands,
        refused=decision.refused,
        failing=failing(decision.verdicts),
        ready=ready(decision.verdicts),
        target=decision.target,
        guards=decision.guards,
        patient_ml=decision.ledger.patient_ml,
    )
