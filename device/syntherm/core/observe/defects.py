"""What can be wrong with a frame: a defective one is recorded, and used for nothing."""

from typing import Final

import numpy as np

from syntherm.core.events import FrameReceived
from syntherm.core.plan.values import Plan
from syntherm.core.state import Imaging
from syntherm.core.thermometry.regions import geometry_of

FROZEN: Final = "image repeats the one before it, bit for bit"
"""The one defect that shows a scanner which only pretends to go on."""
_RELATIVE_TOLERANCE: Final = 1e-3


def defect_of(frame: FrameReceived, imaging: Imaging, plan: Plan) -> str | None:
    """What is wrong with a frame, or None. A defective frame is recorded and used for nothing."""
    scanner = plan.scanner
    if frame.geometry != geometry_of(plan) or frame.volume.shape != frame.geometry.matrix:
        return "geometry differs from the plan"
    if not abs(frame.field_T - scanner.field_T) <= _RELATIVE_TOLERANCE * scanner.field_T:
        return "field strength differs from the plan"
    if not abs(frame.echo_time_ms - scanner.echo_time_ms) <= _RELATIVE_TOLERANCE * scanner.echo_time_ms:
        return "echo time differs from the plan"
    if not bool(np.isfinite(frame.volume).all()):
        return "image holds numbers that are not finite"
    if not 0.0 <= frame.at_s - frame.acquired_s <= plan.limits.frame_age_s:
        return "image is older than the plan allows, or from the future"
    return _out_of_order(frame, imaging)


def _out_of_order(frame: FrameReceived, imaging: Imaging) -> str | None:
    if imaging.acquired_s is not None and not frame.acquired_s > imaging.acquired_s:
        return "image was acquired no later than the one before it"
    if imaging.sequence is None:
        return None
    if frame.sequence <= imaging.sequence:
        return "image number repeats or goes back"
    if imaging.volume is not None and np.array_equal(frame.volume, imaging.volume):
        return FROZEN
    return None
