"""What the drug would do next, if: three courses from one moment of a record, each with the model's intervals.

The record is executed up to the moment, so that the drug is where it then was. Nothing of this runs in a session.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from syntherm.audit.reader import AuditReader
from syntherm.audit.replay import replay
from syntherm.auditing.console import BadInput
from syntherm.core.bounds import Bounded
from syntherm.core.drug.exposure import Shown, body, members, region
from syntherm.core.drug.kinetics import DrugState
from syntherm.core.drug.outlook import Outlook, Remaining, what_if
from syntherm.core.drug.track import DrugTrack
from syntherm.core.plan.values import DrugRanges
from syntherm.core.state import SessionState
from syntherm.core.table import ENERGISED
from syntherm.core.vocabulary import Infusion

NOT_VALIDATED: Final = (
    "A model over stated ranges of its parameters, not validated: from lowest to highest of its members, which is no "
    "confidence interval. Temperatures are taken to stay as they are, or to fall after a stop."
)
_STEP_S: Final = 15.0
_HEADING: Final = f"{'':38} {'target, ug/mL':>24} {'coldest tenth, ug/mL':>24} {'plasma, ug/mL':>24} {'of extend':>16}"


def tell(record: Path, minute: float | None, ahead_min: float | None) -> Iterator[str]:
    """The lines of the answer for a moment, in minutes since the record was opened; None for its end.

    Raises UnreadableRecord for a file that is no record, BadInput where the question has no answer.
    """
    with AuditReader(record) as reader:
        opened_s = next(reader.entries()).at_s
    until_s = float("inf") if minute is None else opened_s + 60.0 * minute
    executed = replay(record, until_s)
    if executed.difference is not None:
        raise BadInput(f"{record}: is not what this software decides: {executed.difference[:200]}")
    state = executed.state
    track, ranges, at_s = _asked(state)
    horizon_s = _horizon_s(state) if ahead_min is None else 60.0 * ahead_min
    minutes = (at_s - opened_s) / 60.0
    yield f"{record}: minute {minutes:.1f}, {state.phases.session.value}; {horizon_s / 60.0:.1f} min ahead"
    yield NOT_VALIDATED
    if state.phases.infusion in (Infusion.DONE, Infusion.FAILED):
        yield f"The infusion is {state.phases.infusion.value}: to extend and to hold are the same."
    yield _HEADING
    yield _line("now", track.state, track, state, None)
    ends = {course: what_if(track.state, track.model, track.heat, course, _outlook(state, ranges, horizon_s))
            for course in Remaining}  # fmt: skip
    for course, end in ends.items():
        yield _line(
            f"{course.name.lower().replace('_', ' ')}: {course.value}", end, track, state, ends[Remaining.EXTEND]
        )


def _asked(state: SessionState) -> tuple[DrugTrack, DrugRanges, float]:
    """What is asked of, where the question makes sense. Raises BadInput where it does not."""
    session, ranges = state.phases.session, state.plan.drug_model
    if ranges is None:
        raise BadInput("the record's plan has no [drug_model]: nothing was followed")
    if state.drug is None or state.at_s is None:
        raise BadInput(f"no drug has been pumped yet in {session.value}: there is nothing to go on from")
    if session not in ENERGISED:
        raise BadInput(
            f"the session is in {session.value}: heat and infusion are over, so hold, extend and stop mean nothing; "
            "expected a moment of heating (--minute)"
        )
    return state.drug, ranges, state.at_s


def _horizon_s(state: SessionState) -> float:
    """What is left of the prescribed time in range; a minute at least."""
    return max(60.0 * state.plan.heating.prescribed_in_range_min - state.range_clock.total_s, 60.0)


def _outlook(state: SessionState, ranges: DrugRanges, horizon_s: float) -> Outlook:
    prescription, over = state.plan.prescription, state.phases.infusion in (Infusion.DONE, Infusion.FAILED)
    return Outlook(
        horizon_s=horizon_s,
        step_s=_STEP_S,
        rate_ml_per_h=0.0 if over else prescription.rate_ml_per_h,
        volume_ml=prescription.volume_ml,
        rest_degC=state.plan.heating.baseline_degC,
        cooling_s=ranges.cooling_s,
    )


def _line(name: str, end: DrugState, track: DrugTrack, state: SessionState, extend: DrugState | None) -> str:
    target = track.followed.target
    tissue = region("target", target, end, track.model, Shown.TISSUE)
    plasma = body(end, track.model, state.ledger).liposomal_ug_per_ml
    cells = [_shown(each) for each in (tissue.mean, tissue.low90, plasma)]
    return f"{name:38} {cells[0]:>24} {cells[1]:>24} {cells[2]:>24} {_of(end, extend, track):>16}"


def _of(end: DrugState, extend: DrugState | None, track: DrugTrack) -> str:
    """The target's drug as a share of that when all goes on, member by member: narrower than either interval."""
    if extend is None:
        return ""
    target = track.followed.target
    ours, theirs = (members(each, Shown.TISSUE)[:, target].mean(axis=1) for each in (end, extend))
    share = 100.0 * np.divide(ours, theirs, out=np.ones_like(ours), where=theirs > 0.0)
    return f"{share[0]:.0f} ({share.min():.0f} to {share.max():.0f}) %"


def _shown(found: Bounded) -> str:
    return f"{found.estimate:.3g} ({found.lower:.3g} to {found.upper:.3g})"
