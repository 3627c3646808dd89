"""Images that are spoilt in one way each, so that the session must refuse them."""

from enum import Enum, unique

import attrs
import numpy as np

from syntherm.core.events import FrameReceived
from syntherm.core.state import Imaging


@unique
class Defect(Enum):
    """What is wrong with an image."""

    REPEAT = "repeat"
    FROZEN = "frozen"
    GEOMETRY = "geometry"
    ECHO = "echo"
    NOT_A_NUMBER = "not-a-number"


class NothingToRepeat(Exception):
    """The session has accepted no image yet that could come again."""


def spoil(frame: FrameReceived, defect: Defect, seen: Imaging) -> FrameReceived:
    """The image with its defect. Raises NothingToRepeat where the session has seen none to repeat."""
    match defect:
        case Defect.GEOMETRY:
            x, y, z = frame.geometry.first_voxel_mm
            return attrs.evolve(frame, geometry=attrs.evolve(frame.geometry, first_voxel_mm=(x + 4.0, y, z)))
        case Defect.ECHO:
            return attrs.evolve(frame, echo_time_ms=frame.echo_time_ms * 1.5)
        case Defect.NOT_A_NUMBER:
            volume = frame.volume.copy()
            volume[0, 0, 0] = np.nan
            return attrs.evolve(frame, volume=volume)
    if seen.sequence is None or seen.volume is None:
        raise NothingToRepeat
    if defect is Defect.REPEAT:
        return attrs.evolve(frame, sequence=seen.sequence)
    return attrs.evolve(frame, volume=seen.volume)
