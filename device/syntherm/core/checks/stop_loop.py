"""The patient's stop must be read, and read closed. Open is a stop; unread is not known, so it is one too."""

from syntherm.core.checks.relevance import age_s
from syntherm.core.checks.verdict import Verdict, at_most, failed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Loop state first, then the age of its reading."""
    loop = state.equipment.stop_loop
    if loop is not None and not loop.closed:
        return failed(Code.PATIENT_STOP, "the patient stop is open")
    age = age_s(state, state.equipment.stop_loop_s)
    return at_most(age, state.plan.limits.equipment_age_s, "s", Code.STOP_LOOP_UNKNOWN, "stop loop unread for")
