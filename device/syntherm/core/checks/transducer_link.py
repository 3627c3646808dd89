"""The generator must answer, and must end a lease by itself: one that cannot is refused in setup."""

from syntherm.core.checks.relevance import age_s
from syntherm.core.checks.verdict import Verdict, at_most, failed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """Lease ability first, then the age of the read-back."""
    report = state.equipment.transducer
    if report is not None and not report.ends_leases:
        return failed(Code.TRANSDUCER_WITHOUT_LEASE, "the generator cannot end a lease by itself")
    age = age_s(state, state.equipment.transducer_s)
    return at_most(age, state.plan.limits.equipment_age_s, "s", Code.TRANSDUCER_SILENT, "generator silent for")
