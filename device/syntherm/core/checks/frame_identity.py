"""Each image must be the next one of the right kind; an image that repeats bit for bit is a frozen scanner."""

from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """What was found wrong with the last frame."""
    imaging = state.imaging
    if imaging.defect is None:
        return passed()
    return failed(Code.FRAME_FROZEN if imaging.frozen else Code.FRAME_REFUSED, imaging.defect)
