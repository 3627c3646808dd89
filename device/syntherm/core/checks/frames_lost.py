"""Images that stay away for long end the treatment: nobody knows what the tissue does."""

from syntherm.core.checks.relevance import age_s
from syntherm.core.checks.verdict import Verdict, at_most
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Age of the last accepted image against the plan's limit for giving up."""
    age = age_s(state, state.imaging.acquired_s)
    return at_most(age, state.plan.limits.frame_loss_abort_s, "s", Code.FRAMES_LOST, "no valid image for")
