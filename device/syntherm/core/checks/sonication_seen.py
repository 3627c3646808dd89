"""A test sonication must be seen: the energy of one that nobody watches warms something unknown."""

from syntherm.core.checks.relevance import age_s
from syntherm.core.checks.verdict import Verdict, at_most, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Calibration, Energy

_UNFINISHED = (Calibration.TEST, Calibration.REFUSED)


def check(state: SessionState) -> Verdict:
    """Age of the last accepted image while the test sonication lasts, or when it was ended, until a new one comes."""
    beam = state.beam
    if state.phases.calibration not in _UNFINISHED or beam.test_since_s is None or state.plan.thermometry is None:
        return passed()
    age = age_s(state, state.imaging.acquired_s)
    if state.phases.energy is not Energy.TEST:
        age -= age_s(state, beam.off_s)
    limit_s = state.plan.limits.frame_age_s
    return at_most(age, limit_s, "s", Code.SONICATION_NOT_SEEN, "last valid image of the test is old by")
