"""Energy: where it may flow, what ends it, and how long it lasts."""

from typing import Final

import attrs

from syntherm.core.commands import EnergyOff, HoldInfusion
from syntherm.core.events import EquipmentPolled, Restarted
from syntherm.core.faults import Response
from syntherm.core.machine import Phases
from syntherm.core.monitors.look import FLOWING, HEATING, Case, Look
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, Trigger
from syntherm.core.watch import EnergySeen

_ROUNDING_S: Final = 1e-6
"""Sums of many steps of time, made in another order than the core's."""
_READ_BACK_S: Final = 1.0
"""A reading of output may be as old as this when it comes: longer than the core allows, so that it speaks first."""


def note(seen: EnergySeen, look: Look, before_s: float | None) -> EnergySeen:
    """What is remembered of energy after a step; `before_s` is the time of the step before."""
    at_s = look.event.at_s
    if before_s is not None and look.before.session in HEATING and at_s > before_s:
        seen = attrs.evolve(seen, heating_s=seen.heating_s + (at_s - before_s))
    if before_s is not None and at_s < before_s and seen.last_s is not None:
        # A clock that went back takes along the moments that it told.
        seen = attrs.evolve(seen, last_s=seen.last_s + (at_s - before_s))
    if _sounds_unasked(seen, look):
        seen = attrs.evolve(seen, last_s=at_s)
    return _lent(seen, look) if look.commands else seen


def _lent(seen: EnergySeen, look: Look) -> EnergySeen:
    if look.energy_off and seen.lent_until_s is not None:
        # It may have gone on to the lease's end: that it was told to stop does not show that it did.
        seen = attrs.evolve(seen, lent_until_s=None)
    for lease in look.leases:
        heats = lease.power_W > 0.0
        seen = attrs.evolve(seen, lent_until_s=lease.until_s, last_s=lease.until_s if heats else seen.last_s)
    return seen


def _sounds_unasked(seen: EnergySeen, look: Look) -> bool:
    report = look.event.transducer if isinstance(look.event, EquipmentPolled) else None
    if report is None or not report.output_on or not report.power_W > 0.0:
        return False
    return seen.last_s is None or look.event.at_s > seen.last_s + _READ_BACK_S


def _allowed(phases: Phases) -> bool:
    if phases.energy is Energy.TEST:
        return phases.session is Session.CALIBRATION and phases.calibration is Calibration.TEST
    if phases.energy is Energy.ON:
        return phases.session in HEATING and phases.calibration is Calibration.ACCEPTED
    return True


def energy_in_its_states(at: Case) -> str | None:
    """Flowing states of energy, and loans, only where the day has come to them."""
    after = at.look.after
    allowed = _allowed(after)
    if allowed and (after.energy in FLOWING or not at.look.leases):
        return None
    where = f"energy {after.energy.value} in {after.session.value}, calibration {after.calibration.value}"
    return f"energy was lent with {where}" if allowed else where


def _hazards(look: Look) -> tuple[bool, bool]:
    """Whether this step had to end energy, and whether it had to hold the pump too."""
    stop = look.act is Trigger.STOP or isinstance(look.event, Restarted)
    if not look.failing:
        return stop, stop
    watched = [code.value.response for code in look.failing if look.before.session in code.value.watched_in]
    worst = max(watched, default=Response.NOTE)
    return stop or worst >= Response.PAUSE, stop or worst is Response.ABORT


def hazard_ends_energy(at: Case) -> str | None:
    """A stop, a restart and a fault that pauses, cools or aborts end energy in their own step."""
    look = at.look
    ends, holds = _hazards(look)
    if ends and _goes_on(look):
        named = ", ".join((type(look.event).__name__, *(code.value.code for code in look.failing)))
        return f"energy went on after {named}: {look.before.energy.value} to {look.after.energy.value}"
    if holds and not (look.energy_off and look.drug_held and look.after.infusion is not Infusion.INFUSING):
        return f"energy and drug were not both taken away: {_names(look)}"
    return None


def _goes_on(look: Look) -> bool:
    kept = look.before.energy in FLOWING and not look.energy_off
    return look.after.energy in FLOWING or bool(look.leases) or kept


def _names(look: Look) -> str:
    return ", ".join(type(command).__name__ for command in look.commands) or "no command"


def falling_wins(at: Case) -> str | None:
    """Not both on one channel, what takes away first, and nothing lent, or left lent, to what does not flow."""
    look = at.look
    if look.before.energy in FLOWING and look.after.energy not in FLOWING and not look.energy_off:
        return f"energy went to {look.after.energy.value} and its loan was not ended"
    if not look.commands:
        return None
    falling = [isinstance(command, EnergyOff | HoldInfusion) for command in look.commands]
    if _lends_in_vain(look) or falling != sorted(falling, reverse=True):
        return f"{_names(look)} with energy {look.after.energy.value}, infusion {look.after.infusion.value}"
    return None


def _lends_in_vain(look: Look) -> bool:
    energy = bool(look.leases) and (look.energy_off or look.after.energy not in FLOWING)
    drug = bool(look.releases) and (look.drug_held or look.after.infusion is not Infusion.INFUSING)
    return energy or drug


def heating_bounded(at: Case) -> str | None:
    """The time in the heating states, counted again, ends energy when it is over."""
    longest_s, heated_s = at.plan.heating.max_heating_min * 60.0, at.now.energy.heating_s
    if heated_s > longest_s + _ROUNDING_S and (at.look.after.energy in FLOWING or at.look.leases):
        return f"energy flows after {heated_s:.3f} s of heating; the longest is {longest_s:.3f} s"
    return None


def tissue_settled(at: Case) -> str | None:
    """Time between the last energy, lent or heard of, and the begin of a baseline."""
    if not at.look.learns_anew:
        return None
    last_s, at_s, wait_s = at.was.energy.last_s, at.look.event.at_s, at.plan.limits.recalibration_wait_min * 60.0
    if last_s is not None and at_s - last_s < wait_s - _ROUNDING_S:
        return f"a baseline is begun {at_s - last_s:.3f} s after energy flowed; tissue needs {wait_s:.3f} s"
    return None
