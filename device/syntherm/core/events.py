"""What can happen to a session. Frozen values that carry their own time; the only input of the core."""

from enum import Enum, unique

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.vocabulary import SetupItem, Trigger

ComplexVolume = NDArray[np.complex64]
"""One MR volume, shape (nx, ny, nz); arbitrary but constant scale."""


@unique
class Channel(Enum):
    """The ways out of the session."""

    TRANSDUCER = "transducer"
    PUMP = "pump"


@attrs.frozen
class Geometry:
    """Where the voxels of a volume lie: centre of voxel (0, 0, 0) and the spacing, along patient axes."""

    matrix: tuple[int, int, int]
    voxel_mm: tuple[float, float, float]
    first_voxel_mm: tuple[float, float, float]


@attrs.frozen(eq=False)
class FrameReceived:
    """A dynamic has arrived whole. `acquired_s` is the moment at which its centre of k-space was measured."""

    at_s: float
    sequence: int
    acquired_s: float
    field_T: float
    echo_time_ms: float
    geometry: Geometry
    volume: ComplexVolume


@attrs.frozen(eq=False)
class FatMapReceived:
    """Fat fraction (0 to 1) on the frames' own grid, from the anatomical scan; shape (nx, ny, nz)."""

    at_s: float
    geometry: Geometry
    fat_fraction: NDArray[np.float32]


@attrs.frozen
class TransducerReport:
    """What the generator says of itself, read back from it."""

    ends_leases: bool
    output_on: bool
    power_W: float


@attrs.frozen
class PumpReport:
    """What the pump says of itself. `pumped_ml` is counted at the syringe since it was set up."""

    infusing: bool
    pumped_ml: float
    rate_ml_per_h: float
    syringe_ml: float
    watchdog_s: float
    alarm: str | None


@attrs.frozen
class StopLoopReport:
    """The patient's stop: closed is well; open is a stop."""

    closed: bool


@attrs.frozen
class EquipmentPolled:
    """One look at all equipment. None means that a device did not answer: not known, so not safe."""

    at_s: float
    transducer: TransducerReport | None
    pump: PumpReport | None
    stop_loop: StopLoopReport | None


@attrs.frozen
class OperatorActed:
    """A person did something at the console. `act` is one of the operators' triggers."""

    at_s: float
    act: Trigger
    person: str
    item: SetupItem | None = None
    reason: str = ""


@attrs.frozen
class ChannelFailed:
    """A command was not confirmed by its channel. `falling`: it was to take energy or drug away, not to lend it."""

    at_s: float
    channel: Channel
    detail: str
    falling: bool = True


@attrs.frozen
class Restarted:
    """The controller has started again on a session that was not closed."""

    at_s: float
    detail: str


Event = (
    FrameReceived | FatMapReceived | EquipmentPolled | OperatorActed | ChannelFailed | Restarted
)  # fmt: skip
EVENTS: tuple[type[Event], ...] = (
    FrameReceived, FatMapReceived, EquipmentPolled, OperatorActed, ChannelFailed, Restarted,
)  # fmt: skip
