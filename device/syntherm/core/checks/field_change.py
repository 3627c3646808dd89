"""Unheated tissue must not change suddenly: heat spreads slowly there, so a sudden change is a change of field."""

from syntherm.core.checks.verdict import Verdict, at_most, not_yet, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Median sudden change over unheated tissue against the plan."""
    watching, quality = state.plan.thermometry, state.thermometry.quality
    if watching is None:
        return passed()
    if quality is None or quality.field_degC is None:
        return not_yet("unheated tissue has not been compared")
    return at_most(
        quality.field_degC, watching.field_change_degC, "degC", Code.FIELD_CHANGED, "unheated tissue changed by"
    )
