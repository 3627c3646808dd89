"""A session in the middle of heating, with images of the size that scanners send and a generator of 16 focal points."""

from functools import cache
from typing import Final

import attrs

from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm_verify.bench.images import large_plan
from syntherm_verify.recording.day import Day
from syntherm_verify.recording.steps import Forgets

_SPACING_mm: Final = 8.0
"""So that the target has no more focal points than the generator holds."""
_LOOKS_S: Final = (1.0, 0.9)
_BEFORE_S: Final = 0.95
"""From the last image to the moment that is gone back to the period passes but for a little: an image is due."""


@cache
def wire_plan() -> Plan:
    """The plan of such a session; its images are made up, and have no edges that movement could be seen by."""
    plan = attrs.evolve(large_plan(), thermometry=None, calibration_proof=None)
    return attrs.evolve(plan, sonication=attrs.evolve(plan.sonication, focal_spacing_mm=_SPACING_mm))


@attrs.frozen
class Moment:
    """The session at `at_s`, heating, power lent, an image due; `sequence` is that of its last image."""

    state: SessionState
    at_s: float
    sequence: int


@cache
def heated() -> Moment:
    """Lived once, in a room without physics."""
    day = Day(wire_plan(), Forgets())
    for leg in (Day.set_up, Day.calibrate, Day.heat):
        leg(day)
    sequence = day.room.images
    for after_s in _LOOKS_S:
        day.look(after_s)
    return Moment(day.state, day.room.timeline.now_s() + _BEFORE_S, sequence)
