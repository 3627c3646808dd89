"""Images: which were accepted, how long they showed the target in range, and what rests on them."""

import attrs

from syntherm.core.events import EquipmentPolled, FrameReceived, Restarted
from syntherm.core.faults import Code
from syntherm.core.monitors.look import HEATING, Case, Look
from syntherm.core.plan.values import Plan
from syntherm.core.thermometry.summary import Summary
from syntherm.core.watch import ImagesSeen


def note(seen: ImagesSeen, look: Look, plan: Plan) -> ImagesSeen:
    """What is remembered of images after a step."""
    event = look.event
    if seen.fresh:
        seen = attrs.evolve(seen, fresh=False)
    if isinstance(event, FrameReceived) and _fits(seen, look, event, plan):
        seen = _taken(seen, look, event, plan)
    elif isinstance(event, Restarted) or (isinstance(event, EquipmentPolled) and _late(seen, look, plan)):
        # Nobody saw the range in the gap.
        seen = _out(seen, event.at_s, plan)
    if look.reset or look.learns_anew:
        # What is learned anew may rest on a new scan, which counts its images from one.
        return ImagesSeen(acquired_s=seen.acquired_s, known_s=seen.known_s)
    return seen


def in_range(target: Summary | None, plan: Plan) -> bool:
    """Enough of the target seen, its coldest tenth above the band's lower end, its hottest below its upper: on bounds.

    Said again here on purpose: the core's own words for it must not prove themselves.
    """
    if target is None or target.valid < plan.limits.target_min_valid_fraction * target.voxels or target.voxels == 0:
        return False
    warm = target.cold90.lower >= plan.heating.range_cold90_min_degC
    return warm and target.hot10.upper <= plan.heating.range_hot10_max_degC


def _fits(seen: ImagesSeen, look: Look, event: FrameReceived, plan: Plan) -> bool:
    if Code.FRAME_REFUSED in look.failing or Code.FRAME_FROZEN in look.failing:
        return False
    recent = 0.0 <= event.at_s - event.acquired_s <= plan.limits.frame_age_s
    later = seen.acquired_s is None or event.acquired_s > seen.acquired_s
    return recent and later and (seen.sequence is None or event.sequence > seen.sequence)


def _taken(seen: ImagesSeen, look: Look, event: FrameReceived, plan: Plan) -> ImagesSeen:
    gap_s = 0.0 if seen.acquired_s is None else event.acquired_s - seen.acquired_s
    shown = () if look.target is None else (look.target, *look.guards)
    fresh = _is_new(shown, seen.shown)
    reached = fresh and look.before.session in HEATING and in_range(look.target, plan)
    return attrs.evolve(
        _in(seen, gap_s, plan) if reached else _out(seen, event.at_s, plan),
        sequence=event.sequence,
        acquired_s=event.acquired_s,
        known_s=event.at_s if fresh else seen.known_s,
        shown=shown,
        fresh=fresh,
    )


def _in(seen: ImagesSeen, gap_s: float, plan: Plan) -> ImagesSeen:
    unbroken = seen.in_range and gap_s <= plan.limits.frame_age_s
    return attrs.evolve(seen, in_range=True, dwell_s=seen.dwell_s + gap_s if unbroken else 0.0, out_since_s=None)


def _is_new(shown: tuple[Summary, ...], before: tuple[Summary, ...]) -> bool:
    # Two images never show the same to the last digit: then nothing was measured. What is not known may repeat.
    return shown != () and (shown != before or not any(region.mean.known for region in shown))


def _out(seen: ImagesSeen, at_s: float, plan: Plan) -> ImagesSeen:
    # An image tells only until it is too old: whoever looks later learns that range was lost before.
    told_s = at_s if seen.acquired_s is None else seen.acquired_s + plan.limits.frame_age_s
    since_s = seen.out_since_s if seen.out_since_s is not None else min(at_s, told_s)
    return attrs.evolve(seen, in_range=False, dwell_s=0.0, out_since_s=since_s)


def _late(seen: ImagesSeen, look: Look, plan: Plan) -> bool:
    age_s = float("inf") if seen.acquired_s is None else look.event.at_s - seen.acquired_s
    return look.before.session in HEATING and age_s > plan.limits.frame_age_s


def lease_from_image(at: Case) -> str | None:
    """Each loan answers an image and ends with it."""
    leases, at_s, longest_s = at.look.leases, at.look.event.at_s, at.plan.sonication.lease_s
    if not leases:
        return None
    if not at.now.images.fresh:
        return f"energy was lent at {at_s:.3f} s, and no image with new temperatures was accepted then"
    if len(leases) > 1 or not at_s < leases[0].until_s <= at_s + longest_s:
        ends = ", ".join(f"{lease.until_s:.3f} s" for lease in leases)
        return f"energy was lent at {at_s:.3f} s until {ends}; one lease is {longest_s:.3f} s"
    return None


def images_needed(at: Case) -> str | None:
    """No loan outlives the last image by more than a lease; without images, heating is given up."""
    until_s, known_s, at_s = at.now.energy.lent_until_s, at.now.images.known_s, at.look.event.at_s
    if until_s is not None and (known_s is None or until_s > known_s + at.plan.sonication.lease_s):
        answered = "never" if known_s is None else f"at {known_s:.3f} s"
        return f"energy is lent until {until_s:.3f} s; the last accepted image was answered {answered}"
    acquired_s, most_s = at.now.images.acquired_s, at.plan.limits.frame_loss_abort_s
    age_s = float("inf") if acquired_s is None else at_s - acquired_s
    if at.look.after.session in HEATING and age_s > most_s:
        return f"still heating {age_s:.3f} s after the last accepted image; the limit is {most_s:.3f} s"
    return None
