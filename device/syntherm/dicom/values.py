"""The receiver's configuration as frozen values. Each field declares its unit and hard bounds; nothing has a default.

What DICOM leaves to the vendor stands here: which attribute tells what, in which units, and between which bounds.
"""

from typing import Annotated, Final

import attrs

from syntherm.core.plan.values import Position, Quantity, Text

Word = Annotated[str, Text()]
Port = Annotated[int, Quantity("1", 1, 65535)]
Stored = Annotated[float, Quantity("1", -1e6, 1e6)]
"""A value after rescaling, in the scanner's own units."""
Slope = Annotated[float, Quantity("1", 1e-9, 1e6)]

REAL_IMAGINARY: Final = "real-imaginary"
MAGNITUDE_PHASE: Final = "magnitude-phase"
DATE_TIME: Final = "AcquisitionDateTime"
DATE_AND_TIME: Final = "AcquisitionDate and AcquisitionTime"


@attrs.frozen
class Listen:
    """Where the scanner pushes to, who may, and how much of it is taken.

    `port` 0 lets the system choose. `calling_ae_titles`: separated by commas. `stalled_s`: how long one protocol data
    unit may take from its first byte; `idle_s`: how long an association may say nothing.
    """

    host: Word
    port: Annotated[int, Quantity("1", 0, 65535)]
    ae_title: Word
    calling_ae_titles: Word
    associations: Annotated[int, Quantity("1", 1, 8)]
    largest_object_bytes: Annotated[int, Quantity("1", 4096, 16_777_216)]
    largest_pdu_bytes: Annotated[int, Quantity("1", 4096, 1_048_576)]
    stalled_s: Annotated[float, Quantity("s", 0.5, 60.0)]
    idle_s: Annotated[float, Quantity("s", 5.0, 86_400.0)]


@attrs.frozen
class Session:
    """Where a scanner that speaks MRD would connect: the guardian. `stalled_s`: within which it must read."""

    host: Word
    port: Port
    retry_s: Annotated[float, Quantity("s", 0.1, 60.0)]
    stalled_s: Annotated[float, Quantity("s", 0.1, 10.0)]
    volumes_waiting: Annotated[int, Quantity("1", 1, 8)]


@attrs.frozen
class Images:
    """What the plan's images are like, and how they come.

    `spread_s`: between the first and the last acquisition of a volume's objects; `whole_within_s`: from the first
    to the last arrival; `age_s`: from the acquisition to the whole volume.
    """

    matrix: Annotated[tuple[int, int, int], Quantity("1", 1, 1024)]
    voxel_mm: Annotated[tuple[float, float, float], Quantity("mm", 0.1, 50.0)]
    first_voxel_mm: Position
    axes: Annotated[str, Text(("LPS", "RAS"))]
    field_T: Annotated[float, Quantity("T", 0.2, 7.0)]
    echo_time_ms: Annotated[float, Quantity("ms", 1.0, 60.0)]
    acquired: Annotated[str, Text((DATE_TIME, DATE_AND_TIME))]
    utc_offset_h: Annotated[float, Quantity("h", -12.0, 14.0)]
    age_s: Annotated[float, Quantity("s", 1.0, 16.0)]
    spread_s: Annotated[float, Quantity("s", 0.0, 16.0)]
    whole_within_s: Annotated[float, Quantity("s", 0.1, 16.0)]
    volumes_open: Annotated[int, Quantity("1", 1, 8)]


@attrs.frozen
class Frames:
    """Which objects are dynamics: those with `select_is` among the values of the attribute `select`.

    `number`: the attribute that counts the dynamics. `component`: the one that has `first_is` among its values for the
    real part or the magnitude, and `second_is` for the imaginary part or the phase.
    """

    select: Word
    select_is: Word
    number: Word
    values: Annotated[str, Text((REAL_IMAGINARY, MAGNITUDE_PHASE))]
    component: Word
    first_is: Word
    second_is: Word
    brightest_low: Annotated[float, Quantity("1", 1e-12, 1e12)]
    brightest_high: Annotated[float, Quantity("1", 1e-12, 1e12)]


@attrs.frozen
class Scale:
    """How stored values become values, and between which bounds these lie."""

    slope: Slope
    intercept: Stored
    low: Stored
    high: Stored


@attrs.frozen
class Phase:
    """`units_per_turn`: how much the phase's value grows in 2 pi. `least_span`: the part of a turn that each volume's
    phases span at least, since air has every phase; less tells another unit than the declared one.
    """

    units_per_turn: Annotated[float, Quantity("1", 1e-3, 1e6)]
    least_span: Annotated[float, Quantity("1", 0.0, 1.0)]


@attrs.frozen
class FatMap:
    """Which objects are the fat map. `units_of_one`: the value that means nothing but fat."""

    select: Word
    select_is: Word
    number: Word
    units_of_one: Annotated[float, Quantity("1", 1e-6, 1e6)]


@attrs.frozen
class Always:
    """The tables of every configuration."""

    listen: Listen
    session: Session
    images: Images
    frames: Frames
    first_scale: Scale
    second_scale: Scale
    fat_map: FatMap
    fat_map_scale: Scale


@attrs.frozen
class OfPhase:
    """The table that magnitude and phase ask for, and nothing else."""

    phase: Phase
