"""Breathing must be like that of calibration: its field cannot be told from heat otherwise.

An image in a strange breath shows no temperature and renews no lease; a few in a row are a fault.
"""

from syntherm.core.checks.verdict import Verdict, failed, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.thermometry.watched import Unmatched, breath_limit_degC


def check(state: SessionState) -> Verdict:
    """The breath's field at the target against what calibration saw."""
    watching, known = state.plan.thermometry, state.thermometry
    if watching is None:
        return passed()
    if known.quality is None or known.anchor is None:
        return not_yet("no baseline is learned")
    breath = known.quality.breath_degC
    if breath is None:
        return not_yet("breathing is not known: the image is unmatched")
    limit = breath_limit_degC(known.anchor, state.plan, watching)
    if known.quality.unmatched is not Unmatched.BREATH:
        return passed(breath, limit, "degC")
    detail = f"breathing moves the field by {breath:.2f} degC, limit {limit:.2f} degC"
    if known.memory is not None and known.memory.unmatched < watching.unmatched_frames:
        return not_yet(detail)
    return failed(Code.BREATHING, detail, breath, limit, "degC")
