"""Until its infusion is over, the pump must answer, hold enough drug, and stop by its own watchdog in time."""

from typing import Final

from syntherm.core.checks.relevance import age_s, infusion_over
from syntherm.core.checks.verdict import Verdict, at_most, failed, passed
from syntherm.core.drug.ledger import volume_limit_ml
from syntherm.core.faults import Code
from syntherm.core.state import SessionState

_COUNT_ML: Final = 0.02
"""What rounding of the pump's two volumes may hide."""


def check(state: SessionState) -> Verdict:
    """Watchdog and loaded volume as read back, then the age of the report."""
    pump, plan = state.equipment.pump, state.plan
    if infusion_over(state):
        return passed()
    if pump is not None and not 0.0 < pump.watchdog_s <= plan.pump.watchdog_s:
        return failed(
            Code.PUMP_SILENT, f"pump watchdog {pump.watchdog_s:g} s, plan {plan.pump.watchdog_s:g} s",
            pump.watchdog_s, plan.pump.watchdog_s, "s",
        )  # fmt: skip
    if pump is not None and not pump.syringe_ml + pump.pumped_ml >= volume_limit_ml(plan.prescription) - _COUNT_ML:
        return failed(
            Code.PUMP_SILENT, f"syringe holds {pump.syringe_ml:.1f} mL, too little for the rest of the prescription",
            pump.syringe_ml, volume_limit_ml(plan.prescription), "mL",
        )  # fmt: skip
    age = age_s(state, state.equipment.pump_s)
    return at_most(age, plan.limits.equipment_age_s, "s", Code.PUMP_SILENT, "pump silent for")
