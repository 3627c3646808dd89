"""How old what was seen is, whether it can know of a command, and whether it still matters."""

from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Infusion


def age_s(state: SessionState, seen_s: float | None) -> float:
    """Seconds since `seen_s` at the state's time; infinite for what was never seen."""
    if seen_s is None or state.at_s is None:
        return float("inf")
    return state.at_s - seen_s


def told_after(report_s: float, command_s: float | None) -> bool:
    """Whether a report was made after a command: an earlier one says nothing about it."""
    return command_s is None or report_s > command_s


def infusion_over(state: SessionState) -> bool:
    """Whether the one infusion has ended, for good or ill: its pump no longer matters to the heating."""
    return state.phases.infusion in (Infusion.DONE, Infusion.FAILED)


def unmatched(state: SessionState) -> str | None:
    """Why the last image could not be matched with the baseline; None if it was, or if nobody asks."""
    quality = state.thermometry.quality
    return None if quality is None or quality.unmatched is None else quality.unmatched.value
