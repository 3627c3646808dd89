"""How old what was seen is, and whether it can know of a command."""

from syntherm.core.state import SessionState


def age_s(state: SessionState, seen_s: float | None) -> float:
    """Seconds since `seen_s` at the state's time; infinite for what was never seen."""
    if seen_s is None or state.at_s is None:
        return float("inf")
    return state.at_s - seen_s


def told_after(report_s: float, command_s: float | None) -> bool:
    """Whether a report was made after a command: an earlier one says nothing about it."""
    return command_s is None or report_s > command_s
