"""Every property that a single session can be judged by, with its monitor; all judge every step."""

from collections.abc import Callable, Mapping
from typing import Final

from syntherm.core.events import Event, OperatorActed
from syntherm.core.monitors import conduct, drug, energy, images, people
from syntherm.core.monitors.look import Case, Look
from syntherm.core.plan.values import Plan
from syntherm.core.properties import Property
from syntherm.core.vocabulary import Trigger
from syntherm.core.watch import Violation, Watch

Monitor = Callable[[Case], str | None]
"""What shows that the property does not hold, with figures; None while it does."""

MONITORS: Final[Mapping[Property, Monitor]] = {
    Property.REFUSAL_CHANGES_NOTHING: conduct.refusal_changes_nothing,
    Property.ENERGY_IN_ITS_STATES: energy.energy_in_its_states,
    Property.LEASE_FROM_IMAGE: images.lease_from_image,
    Property.HAZARD_ENDS_ENERGY: energy.hazard_ends_energy,
    Property.STOP_FROM_EVERYWHERE: conduct.stop_from_everywhere,
    Property.WAY_BACK: people.way_back,
    Property.NOTHING_SURVIVES: people.nothing_survives,
    Property.INFUSION_AFTER_DWELL: drug.infusion_after_dwell,
    Property.INFUSION_IN_HEAT: drug.infusion_in_heat,
    Property.NEVER_MORE: drug.never_more,
    Property.INFUSION_ONCE: drug.infusion_once,
    Property.NOTHING_BY_ITSELF: conduct.nothing_by_itself,
    Property.LATCHED: conduct.latched,
    Property.RESTART_SAFE: conduct.restart_safe,
    Property.HEATING_BOUNDED: energy.heating_bounded,
    Property.IMAGES_NEEDED: images.images_needed,
    Property.FALLING_WINS: energy.falling_wins,
    Property.TISSUE_SETTLED: energy.tissue_settled,
    Property.END_IS_FINAL: conduct.end_is_final,
}


def judge(was: Watch, look: Look, plan: Plan) -> tuple[Watch, tuple[Violation, ...]]:
    """What is remembered after a step, and every property that it breaks."""
    now = Watch(
        at_s=look.event.at_s,
        phases=look.after,
        images=images.note(was.images, look, plan),
        energy=energy.note(was.energy, look, was.at_s),
        drug=drug.note(was.drug, look),
        people=people.note(was.people, look),
        latched=conduct.note_latched(was.latched, look),
        violations=was.violations,
    )
    case = Case(was, now, look, plan)
    found = []
    for each, monitor in MONITORS.items():
        detail = monitor(case)
        if detail is not None:
            found.append(Violation(each, detail))
    return now, tuple(found)


def judge_refusal(event: Event, because: str) -> tuple[Violation, ...]:
    """Every property that the refusal of an event breaks. People may be refused anything but a stop."""
    if not isinstance(event, OperatorActed) or event.act is not Trigger.STOP:
        return ()
    return (Violation(Property.STOP_FROM_EVERYWHERE, f"a stop was refused: {because}"),)
