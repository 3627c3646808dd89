"""How a session goes from step to step: what begins, what stands, what is refused, and what is final."""

from typing import Final

from syntherm.core.events import OperatorActed, Restarted
from syntherm.core.faults import Clears, Code, Response
from syntherm.core.monitors.look import FLOWING, Case, Look
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, Trigger

_BEGINS: Final = (Trigger.BEGIN_TEST, Trigger.BEGIN_HEATING, Trigger.RESUME)
_FAULTS_LEAD_TO: Final = (Session.HEATING, Session.COOLING, Session.ABORT)


def note_latched(known: tuple[Code, ...], look: Look) -> tuple[Code, ...]:
    """Faults that only people or nobody can clear: those known, and those that arise in this step."""
    for code in look.failing:
        fault = code.value
        arises = fault.clears is not Clears.WITH_CAUSE and look.before.session in fault.watched_in
        if arises and code not in known:
            known = (*known, code)
    if look.reset and known:
        return tuple(code for code in known if code.value.clears is Clears.NEVER)
    return known


def refusal_changes_nothing(at: Case) -> str | None:
    """Each step begins where the last one ended; a refused act begins, lends and confirms nothing."""
    look, left = at.look, at.was.phases
    if look.before != left:
        both = zip(left.all(), look.before.all(), strict=True)
        return "between two answers: " + ", ".join(f"{a.value} to {b.value}" for a, b in both if a is not b)
    if look.refused is None or not _moves_on(look):
        return None
    return f"refused ({look.refused}), and yet {look.before.session.value} to {look.after.session.value}"


def _moves_on(look: Look) -> bool:
    """Whether more happened than faults alone do."""
    before, after = look.before, look.after
    if look.leases or look.releases or look.energy_begins or look.drug_begins:
        return True
    if after.session not in (before.session, *_FAULTS_LEAD_TO):
        return True
    return after.calibration not in (before.calibration, Calibration.REFUSED)


def stop_from_everywhere(at: Case) -> str | None:
    """A stop is never refused, and ends in ABORT or stays in COMPLETE."""
    look = at.look
    if not isinstance(look.event, OperatorActed) or look.event.act is not Trigger.STOP:
        return None
    if look.refused is not None:
        return f"a stop was refused in {look.before.session.value}: {look.refused}"
    return _ended(look)


def _ended(look: Look) -> str | None:
    end = Session.COMPLETE if look.before.session is Session.COMPLETE else Session.ABORT
    if look.after.session is end and look.after.energy is Energy.OFF and look.after.infusion is not Infusion.INFUSING:
        return None
    phases = ", ".join(phase.value for phase in look.after.all())
    return f"{look.before.session.value} went to {phases}"


def restart_safe(at: Case) -> str | None:
    """No loan lasts longer than its device waits, and a restart ends in ABORT."""
    look, at_s = at.look, at.look.event.at_s
    if isinstance(look.event, Restarted):
        return _ended(look)
    if not look.commands:
        return None
    lent = [(lease.until_s, at.plan.sonication.lease_s) for lease in look.leases]
    lent += [(release.until_s, at.plan.pump.watchdog_s) for release in look.releases]
    for until_s, longest_s in lent:
        if not until_s <= at_s + longest_s:
            return (
                f"lent at {at_s:.3f} s until {until_s:.3f} s: a dead controller would leave it for longer than allowed"
            )
    return None


def nothing_by_itself(at: Case) -> str | None:
    """Energy and drug begin by a person's act at which every check passes; loans only go on with what has begun."""
    look = at.look
    if look.energy_begins and not (look.act in _BEGINS and _asked(look)):
        return f"energy {look.after.energy.value} began upon {_what(look)}"
    if look.drug_begins and not (look.act is Trigger.RELEASE_INFUSION and _asked(look)):
        return f"the infusion began upon {_what(look)}"
    if look.leases and look.before.energy not in FLOWING:
        return f"energy was lent upon {_what(look)} that had not begun"
    return None


def _asked(look: Look) -> bool:
    return look.person != "" and look.ready


def _what(look: Look) -> str:
    name = type(look.event).__name__ if look.act is None else look.act.value
    return name if look.ready else f"{name} with a check that does not allow it"


def latched(at: Case) -> str | None:
    """While a fault stands for good, or until a reset, nothing begins that it took away."""
    look = at.look
    if look.energy_begins or look.leases:
        return _barred(at, Response.PAUSE)
    return _barred(at, Response.FAIL_INFUSION) if look.drug_begins or look.releases else None


def _barred(at: Case, least: Response) -> str | None:
    bars = [code.value.code for code in at.now.latched if code.value.response >= least]
    after = at.look.after
    return f"energy {after.energy.value}, infusion {after.infusion.value} with {', '.join(bars)}" if bars else None


def end_is_final(at: Case) -> str | None:
    """COMPLETE is never left."""
    if at.was.phases.session is Session.COMPLETE and at.look.after.session is not Session.COMPLETE:
        return f"a complete session went to {at.look.after.session.value}"
    return None
