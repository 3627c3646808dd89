"""A session that would have broken a safety property does not go on: the monitors remember it for good."""

from syntherm.core.checks.verdict import Verdict, failed, passed
from syntherm.core.faults import Code
from syntherm.core.state import SessionState


def check(state: SessionState) -> Verdict:
    """The first property that was seen broken."""
    violations = state.watch.violations
    if not violations:
        return passed()
    return failed(Code.PROPERTY_VIOLATED, f"{violations[0].property.value.name}: {violations[0].detail}")
