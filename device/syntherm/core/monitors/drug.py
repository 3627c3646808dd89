"""Drug: when the pump may be released, when it may be fed, and that it never gives more than was prescribed."""

from typing import Final

import attrs

from syntherm.core.events import EquipmentPolled
from syntherm.core.monitors.look import Case, Look
from syntherm.core.vocabulary import Energy, Infusion, Session, Trigger
from syntherm.core.watch import DrugSeen

_ROUNDING_S: Final = 1e-6
_ROUNDING_ML: Final = 1e-9
_ENDED: Final = (Infusion.DONE, Infusion.FAILED)


def note(seen: DrugSeen, look: Look) -> DrugSeen:
    """What is remembered of pump and infusion after a step."""
    pump = look.event.pump if isinstance(look.event, EquipmentPolled) else None
    if pump is not None and pump.pumped_ml != seen.last_ml:
        most_ml = pump.pumped_ml if pump.pumped_ml > seen.most_ml else seen.most_ml
        seen = attrs.evolve(seen, most_ml=most_ml, last_ml=pump.pumped_ml)
    if seen.ended is None and look.after.infusion in _ENDED:
        seen = attrs.evolve(seen, ended=look.after.infusion)
    return seen


def infusion_after_dwell(at: Case) -> str | None:
    """A release is a person's, into heat that was seen for the dwell."""
    look, images, needed_s = at.look, at.now.images, at.plan.heating.dwell_s
    if not _released(look):
        return None
    if look.act is not Trigger.RELEASE_INFUSION or look.person == "":
        return f"the pump was released by no person's act: {type(look.event).__name__}"
    if look.after.energy is not Energy.ON or not look.ready:
        return f"the pump was released with energy {look.after.energy.value} and not every check passing"
    if images.in_range and images.dwell_s >= needed_s - _ROUNDING_S:
        return None
    return f"the pump was released after {images.dwell_s:.3f} s in range; the dwell is {needed_s:.3f} s"


def _released(look: Look) -> bool:
    return look.drug_begins or (bool(look.releases) and look.before.infusion is not Infusion.INFUSING)


def infusion_in_heat(at: Case) -> str | None:
    """The pump is fed by images, in its state, with energy on, and while the target is not out of range for long."""
    look, after = at.look, at.look.after
    if after.infusion is not Infusion.INFUSING:
        left = look.before.infusion is Infusion.INFUSING and not look.drug_held
        return f"the infusion went to {after.infusion.value} and the pump was not told to hold" if left else None
    if after.session is not Session.DRUG_INFUSION_SYNC or after.energy is not Energy.ON:
        return f"drug flows in {after.session.value} with energy {after.energy.value}"
    if look.releases and not (look.drug_begins or at.now.images.fresh):
        return f"the pump was fed by {type(look.event).__name__}, and not by an accepted image"
    return _out_for_long(at)


def _out_for_long(at: Case) -> str | None:
    since_s, most_s, at_s = at.now.images.out_since_s, at.plan.heating.loss_of_range_s, at.look.event.at_s
    if since_s is None or at_s - since_s <= most_s:
        return None
    return f"drug flows {at_s - since_s:.3f} s after the range was lost; the limit is {most_s:.3f} s"


def never_more(at: Case) -> str | None:
    """The limit that the pump is given, the count that it rests on, and the account against what was reported."""
    seen, prescription = at.now.drug, at.plan.prescription
    given_ml = seen.most_ml - prescription.line_dead_volume_ml
    if not at.look.patient_ml >= given_ml - _ROUNDING_ML:
        return f"the account says {at.look.patient_ml:.3f} mL, the pump's reports {given_ml:.3f} mL"
    most_ml = prescription.volume_ml + prescription.line_dead_volume_ml
    for release in at.look.releases:
        if not release.volume_limit_ml <= most_ml + _ROUNDING_ML:
            return f"the pump's limit was set to {release.volume_limit_ml:.3f} mL; prescribed are {most_ml:.3f} mL"
        if seen.last_ml is not None and not seen.last_ml >= seen.most_ml:
            # Its own limit would count from there again.
            return f"the pump was fed while it counts {seen.last_ml:.3f} mL, after {seen.most_ml:.3f} mL"
    return None


def infusion_once(at: Case) -> str | None:
    """What is done or failed stays so."""
    ended, look = at.was.drug.ended, at.look
    if ended is not None and (look.after.infusion is not ended or look.releases):
        return f"an infusion that was {ended.value} is {look.after.infusion.value}; {len(look.releases)} release(s)"
    return None
