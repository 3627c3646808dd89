"""How long ago something was last seen."""

from syntherm.core.state import SessionState


def age_s(state: SessionState, seen_s: float | None) -> float:
    """Seconds since `seen_s` at the state's time; infinite for what was never seen."""
    if seen_s is None or state.at_s is None:
        return float("inf")
    return state.at_s - seen_s
