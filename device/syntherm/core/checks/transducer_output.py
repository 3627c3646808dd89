"""The generator may sound only within a live lease, and at no more than the power lent."""

from typing import Final

from syntherm.core.checks.relevance import told_after
from syntherm.core.checks.verdict import Verdict, at_most, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState

_READ_BACK_DELAY_S: Final = 0.5
"""A reading may have been taken just before the lease ended."""
_POWER_TOLERANCE: Final = 1.10
_POWER_OFFSET_W: Final = 0.5


def check(state: SessionState) -> Verdict:
    """Power read back against power lent."""
    report, lease, seen_s = state.equipment.transducer, state.beam.lease, state.equipment.transducer_s
    if report is None or seen_s is None or not told_after(seen_s, state.beam.off_s):
        return passed(0.0, 0.0, "W")
    if not report.output_on and report.power_W <= _POWER_OFFSET_W:
        return passed(report.power_W, _POWER_OFFSET_W, "W")
    if lease is None or seen_s > lease.until_s + _READ_BACK_DELAY_S:
        return failed(Code.TRANSDUCER_UNASKED, "output without a lease", report.power_W, 0.0, "W")
    if not told_after(seen_s, state.beam.granted_s):
        return passed()
    allowed = lease.power_W * _POWER_TOLERANCE + _POWER_OFFSET_W
    return at_most(report.power_W, allowed, "W", Code.TRANSDUCER_UNASKED, "output")
