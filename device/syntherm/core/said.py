"""What the operators are told of the day's response: with the question that it belongs to, and where it was refused."""

from syntherm.core.bounds import Bounded
from syntherm.core.response.judged import Identified
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Trigger


def shown_with(state: SessionState, act: Trigger) -> str:
    """What is shown behind the question for an act; nothing where there is nothing to show."""
    known = state.beam.identified
    foreseen = coverage_in_words(state)
    if act is Trigger.ACCEPT_CALIBRATION and known is not None:
        return f" {response_in_words(known)}{foreseen}"
    return foreseen if act in (Trigger.BEGIN_HEATING, Trigger.RELEASE_INFUSION) else ""


def coverage_in_words(state: SessionState) -> str:
    """What of the target can be held in range, what limits it, and a warning where it is less than the plan asks."""
    proof, foreseen = state.plan.calibration_proof, state.beam.coverage
    if proof is None or foreseen is None:
        return ""
    low, middle, high = (100.0 * each for each in (foreseen.share.lower, foreseen.share.estimate, foreseen.share.upper))
    source = "from the test sonication" if foreseen.images == 0 else f"from {foreseen.images} images of the heating"
    limited = f"; limited by {foreseen.limited_by}" if foreseen.limited_by else ""
    said = (
        f" Coverage that can be had at {proof.covered_min_degC:g} to {proof.covered_max_degC:g} degC: "
        f"{middle:.0f} % of the target ({low:.0f} to {high:.0f} %, {source}{limited})."
    )
    if foreseen.share.estimate >= proof.wanted_coverage:
        return said
    return f"{said} WARNING: the plan asks for {100.0 * proof.wanted_coverage:g} %; you decide whether to go on."


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
