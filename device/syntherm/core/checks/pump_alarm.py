"""The pump's own alarm: occlusion, stall, air, battery."""

from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Infusion


def check(state: SessionState) -> Verdict:
    """Any alarm fails the infusion; once the infusion is over, its pump no longer matters to the heating."""
    pump, over = state.equipment.pump, state.phases.infusion in (Infusion.DONE, Infusion.FAILED)
    if pump is not None and pump.alarm is not None and not over:
        return failed(Code.PUMP_ALARM, f"pump alarm: {pump.alarm}")
    return passed()
