"""Drift must be small enough to be followed, and the reference regions must agree with the fit."""

from syntherm.core.checks.relevance import unmatched
from syntherm.core.checks.verdict import Verdict, at_most, failed, not_yet
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Zero-order drift, then what the fit leaves in the reference regions."""
    known = state.thermometry
    if known.baseline is None:
        return not_yet("no baseline is learned")
    if unmatched(state) is not None:
        return not_yet("drift is not known: the image is unmatched")
    if known.thermal is None:
        return failed(Code.DRIFT, "drift cannot be fitted: too few reference voxels")
    limits = state.plan.limits
    drift = at_most(known.thermal.drift_degC, limits.drift_degC, "degC", Code.DRIFT, "drift is")
    if not drift.may_continue:
        return drift
    return at_most(
        known.thermal.residual_degC, limits.reference_residual_degC, "degC", Code.DRIFT, "reference regions scatter by"
    )
