"""The brightness of an image must be that of calibration: limits on signal and noise rest on it."""

from syntherm.core.checks.verdict import Verdict, at_most, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Relative change of magnitude against the plan."""
    watching, quality = state.plan.thermometry, state.thermometry.quality
    if watching is None:
        return passed()
    if quality is None or quality.body is None:
        return not_yet("brightness has not been compared")
    change = abs(quality.body.gain - 1.0)
    return at_most(change, watching.scale_change, "1", Code.IMAGE_SCALE, "brightness has changed by")
