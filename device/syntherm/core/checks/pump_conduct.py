"""The pump must infuse only when released, and as fast as it was told: what it reports is not what it does."""

from typing import Final

from syntherm.core.checks.relevance import told_after
from syntherm.core.checks.verdict import Verdict, at_most, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState

_STOPPING_S: Final = 0.5
_MEASURING_S: Final = 20.0
"""Shorter than this, the counter's resolution hides a wrong rate."""


def check(state: SessionState) -> Verdict:
    """Running against granted, then the rate that the counter shows against the prescribed one."""
    seen, grant = state.equipment, state.equipment.granted_infusion
    if seen.pump is None or not seen.pump.infusing or seen.pump_s is None or not told_after(seen.pump_s, seen.held_s):
        return passed()
    if grant is None or seen.pump_s > grant.until_s + _STOPPING_S:
        return failed(Code.PUMP_UNASKED, "the pump runs without being released")
    if seen.infusing_since_s is None or seen.pump_s - seen.infusing_since_s < _MEASURING_S:
        return passed()
    rate = (seen.pump.pumped_ml - seen.infusing_from_ml) / (seen.pump_s - seen.infusing_since_s) * 3600.0
    prescribed = state.plan.prescription.rate_ml_per_h
    off = abs(rate / prescribed - 1.0)
    return at_most(off, state.plan.pump.rate_tolerance_fraction, "1", Code.PUMP_UNASKED, "infusion rate is off by")
