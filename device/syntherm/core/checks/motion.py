"""The patient must lie where the baseline was learned: movement is corrected up to the plan's limit, and no further.

An image that has moved too far shows no temperature and renews no lease. A cough is over after a few images; what
lasts longer is a movement, and the baseline is gone with it.
"""

from typing import Final

from syntherm.core.checks.verdict import Verdict, failed, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.thermometry.watched import Unmatched, reach_mm

MOVEMENTS: Final = (Unmatched.MOVED, Unmatched.CHANGED, Unmatched.NO_BASELINE)


def check(state: SessionState) -> Verdict:
    """Upper bound of the distance moved; images in a row that could not be matched."""
    watching, known = state.plan.thermometry, state.thermometry
    if watching is None:
        return passed()
    if known.quality is None:
        return not_yet("no baseline is learned")
    body = known.quality.body
    reached = float("inf") if body is None else reach_mm(body, state.plan)
    if known.quality.unmatched not in MOVEMENTS:
        return passed(reached, watching.motion_mm, "mm")
    because = known.quality.unmatched.value
    misfit = float("inf") if body is None else body.misfit
    detail = f"{because}: {reached:.2f} mm, limit {watching.motion_mm:.2f} mm; misfit {misfit:.1f}"
    if known.memory is not None and known.memory.unmatched < watching.unmatched_frames:
        return not_yet(detail)
    return failed(Code.MOTION, detail, reached, watching.motion_mm, "mm")
