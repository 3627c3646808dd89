"""What the operators are told of the day's response: with the question that it belongs to, and where it was refused."""

from syntherm.core.bounds import Bounded
from syntherm.core.response.judged import Identified
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Trigger


def shown_with(state: SessionState, act: Trigger) -> str:
    """What is shown behind the question for an act; nothing where there is nothing to show."""
    known = state.beam.identified
    if act is Trigger.REPEAT_CALIBRATION:
        because = refused_for(state)
        return f" Why{because}." if because else ""
    if known is None:
        return ""
    if act is Trigger.ACCEPT_CALIBRATION:
        return " " + response_in_words(known)
    return ""


def refused_for(state: SessionState) -> str:
    """The reasons of a refusal behind a colon; nothing where none was found."""
    known = state.beam.identified
    return "" if known is None or not known.refusals else f": {'; '.join(known.refusals)}"


def response_in_words(known: Identified) -> str:
    """One line of figures."""
    offset, left = known.offset_mm.estimate, known.remaining_mm
    parts = (
        f"Focus {offset:.1f} mm off and corrected",
        f"the second shot is {left.estimate:.1f} mm off (up to {left.upper:.1f})",
        f"rise {_range(known.rise_degC, 1)} degC",
        f"cooling in {_range(known.time_constant_s, 0)} s",
        f"perfusion {_range(known.perfusion_per_s, 4)} per s",
        f"images scatter by {known.scatter_degC:.2f} degC.",
    )
    return "; ".join(parts)


def _range(value: Bounded, digits: int) -> str:
    return f"{value.lower:.{digits}f} to {value.upper:.{digits}f}" if value.known else "not known"
