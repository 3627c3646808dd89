"""The pump's own alarm: occlusion, stall, air, battery."""

from syntherm.core.checks.relevance import infusion_over
from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Any alarm fails the infusion; once the infusion is over, its pump no longer matters to the heating."""
    pump = state.equipment.pump
    if pump is not None and pump.alarm is not None and not infusion_over(state):
        return failed(Code.PUMP_ALARM, f"pump alarm: {pump.alarm}")
    return passed()
