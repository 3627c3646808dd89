"""Whether the session's own thermometry saw in an image what the story says that it shows."""

from collections.abc import Iterator

from syntherm.core.calibration import acceptable
from syntherm.core.checks import guards_dose, guards_hot, guards_seen, target_hot, target_seen
from syntherm.core.checks.precision import precision_degC
from syntherm.core.observe.range_clock import in_range
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Energy
from syntherm_sim.puppet.images import GuardHeat, Heat, Precision, Shown
from syntherm_sim.story.values import Rise


def unlike(shown: Shown, rise: Rise | None, before: SessionState, after: SessionState) -> str | None:
    """What the thermometry did not see as it was shown, in one line; None where it saw all of it.

    To be asked for an image that was accepted. Without a baseline nothing can be seen, and nothing is asked.
    """
    if after.thermometry.baseline is None or after.imaging.fat_fraction is None:
        return None
    known = after.thermometry.thermal is not None
    if known is (shown.target is Heat.UNKNOWN):
        return f"shown: target {shown.target.value}; seen: {'a' if known else 'no'} temperature"
    if not known:
        return None
    return next(iter([*_target(shown, after), *_guards(shown, after), *_test(rise, before, after)]), None)


def _target(shown: Shown, state: SessionState) -> Iterator[str]:
    seen = target_seen.check(state).may_continue
    if seen is (shown.target is Heat.UNSEEN):
        yield f"shown: target {shown.target.value}; seen: {target_seen.check(state).detail or 'enough of it'}"
    if not seen:
        return
    summary = state.thermometry.target
    if summary is None:
        yield "no summary of a target that is seen"
        return
    figures = f"cold90 {summary.cold90.lower:.2f}, hot10 {summary.hot10.upper:.2f}, hottest {summary.hottest.upper:.2f}"
    if in_range(summary, state.plan) is not (shown.target is Heat.IN_RANGE):
        yield f"shown: target {shown.target.value}; seen on bounds: {figures} degC"
    if target_hot.check(state).may_continue is (shown.target is Heat.HOT):
        yield f"shown: target {shown.target.value}; seen on bounds: {figures} degC"
    precise = precision_degC(state) <= state.plan.limits.precision_degC
    if precise is not (shown.precision is Precision.GOOD):
        yield f"shown: precision {shown.precision.value}; seen: {precision_degC(state):.2f} degC"


def _guards(shown: Shown, state: SessionState) -> Iterator[str]:
    if guards_seen.check(state).may_continue is (shown.guards is GuardHeat.UNSEEN):
        yield f"shown: guards {shown.guards.value}; seen: {guards_seen.check(state).detail or 'enough of them'}"
    hot = guards_hot.check(state)
    if hot.may_continue is (shown.guards is GuardHeat.HOT) and shown.guards is not GuardHeat.UNSEEN:
        yield f"shown: guards {shown.guards.value}; seen: {hot.measured} degC, limit {hot.limit} degC"
    dose = guards_dose.check(state)
    if shown.guards is GuardHeat.DOSED and dose.may_continue:
        yield f"shown: guards dosed; seen: {dose.measured} min; a dose needs a tick since the image before"


def _test(rise: Rise | None, before: SessionState, after: SessionState) -> Iterator[str]:
    beam = before.beam
    if rise is None or before.phases.energy is not Energy.TEST or beam.test_since_s is None:
        return
    if acceptable(after.beam.pending, after.plan) is not (rise is Rise.GOOD):
        yield f"shown: rise {rise.value}; seen: {after.beam.pending}; a rise needs time since energy was lent"
