"""From the facts of one object to one slice of one component, judged by itself: geometry, scale, form of the pixels."""

from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.adapters.scanner.moments import Axes, turned
from syntherm.dicom.config import Config
from syntherm.dicom.facts import Facts, ObjectRefused, moment_s
from syntherm.dicom.values import DATE_TIME, Scale

Triple = tuple[float, float, float]
Plane = NDArray[np.float32]

ACQUISITION_DATE, ACQUISITION_DATE_TIME, ACQUISITION_TIME = 0x00080022, 0x0008002A, 0x00080032
ECHO_TIME, FIELD = 0x00180081, 0x00180087
STUDY, POSITION, ORIENTATION, FRAME_OF_REFERENCE = 0x0020000D, 0x00200032, 0x00200037, 0x00200052
SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS, SPACING = (
    0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011, 0x00280030,
)  # fmt: skip
ALLOCATED, STORED, HIGH_BIT, SIGNED, INTERCEPT, SLOPE = (
    0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00281052, 0x00281053,
)  # fmt: skip
STANDARD: Final = (
    ACQUISITION_DATE, ACQUISITION_DATE_TIME, ACQUISITION_TIME, ECHO_TIME, FIELD, STUDY, POSITION, ORIENTATION,
    FRAME_OF_REFERENCE, SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS, SPACING, ALLOCATED, STORED, HIGH_BIT, SIGNED,
    INTERCEPT, SLOPE,
)  # fmt: skip
_CORNER_mm: Final = 0.1
_DIRECTION: Final = 1e-3
_RELATIVE: Final = 1e-6
_MOST_NUMBER: Final = 65_535
"""What the number of an MRD image can hold."""


@attrs.frozen(eq=False)
class Slice:
    """One plane of shape (nx, ny), rescaled. `component` 0 or 1; `index` along z; `first_mm` in the plan's axes.

    `same`: what all slices of a volume share: study, frame of reference, field in T, echo time in ms.
    """

    fat_map: bool
    number: int
    component: int
    index: int
    acquired_s: float
    same: tuple[str, str, float, float]
    first_mm: Triple
    voxel_mm: tuple[float, float]
    values: Plane


def wanted(config: Config) -> tuple[int, ...]:
    """The attributes that are read."""
    tags = config.tags
    named = (tags.frame_select, tags.frame_number, tags.component, tags.fat_map_select, tags.fat_map_number)
    return (*STANDARD, *named)


def slice_of(facts: Facts, config: Config) -> Slice | None:
    """The slice; None for an object that is neither of the dynamics nor of the fat map. Raises ObjectRefused."""
    if config.fat_map.select_is in facts.values(config.tags.fat_map_select):
        number = facts.whole(config.tags.fat_map_number, config.fat_map.number, 0, _MOST_NUMBER)
        return _judged(facts, config, number, None)
    if config.frames.select_is not in facts.values(config.tags.frame_select):
        return None
    kinds = facts.values(config.tags.component)
    components = [n for n, each in enumerate((config.frames.first_is, config.frames.second_is)) if each in kinds]
    if not components:
        return None
    number = facts.whole(config.tags.frame_number, config.frames.number, 0, _MOST_NUMBER)
    if len(components) == 2:
        both = f"{config.frames.first_is!a} and {config.frames.second_is!a}"
        raise ObjectRefused(f"image {number}: {config.frames.component} has both {both}; expected one")
    return _judged(facts, config, number, components[0])


def _judged(facts: Facts, config: Config, number: int, component: int | None) -> Slice:
    """`component`: None for the fat map."""
    scale = config.fat_map_scale if component is None else config.scales[component]
    try:
        first_mm, index, spacing_mm = _place(facts, config)
        return Slice(
            component is None, number, component or 0, index, _acquired_s(facts, config), _same(facts), first_mm,
            spacing_mm, _values(facts, config, scale),
        )  # fmt: skip
    except ObjectRefused as refused:
        what = "fat map" if component is None else "image"
        raise ObjectRefused(f"{what} {number}: {refused}", refused.status) from refused


def _same(facts: Facts) -> tuple[str, str, float, float]:
    (field_T,) = facts.numbers(FIELD, "MagneticFieldStrength", 1)
    (echo_ms,) = facts.numbers(ECHO_TIME, "EchoTime", 1)
    return (
        facts.text(STUDY, "StudyInstanceUID"), facts.text(FRAME_OF_REFERENCE, "FrameOfReferenceUID"), field_T, echo_ms
    )  # fmt: skip


def _acquired_s(facts: Facts, config: Config) -> float:
    if config.images.acquired == DATE_TIME:
        text = facts.text(ACQUISITION_DATE_TIME, "AcquisitionDateTime")
    else:
        text = facts.text(ACQUISITION_DATE, "AcquisitionDate") + facts.text(ACQUISITION_TIME, "AcquisitionTime")
    return moment_s(text, config.images.utc_offset_h)


def _place(facts: Facts, config: Config) -> tuple[Triple, int, tuple[float, float]]:
    """The first voxel's centre in the plan's axes, which slice it is, and the spacing along x and y."""
    images = config.images
    nx, ny, nz = images.matrix
    found = facts.whole(COLUMNS, "Columns", 1, 65_535), facts.whole(ROWS, "Rows", 1, 65_535)
    if found != (nx, ny):
        raise ObjectRefused(f"wrong geometry: matrix {found}; the plan's is {(nx, ny)}")
    axes = Axes(images.axes)
    cosines = facts.numbers(ORIENTATION, "ImageOrientationPatient", 6)
    x, y, z = facts.numbers(POSITION, "ImagePositionPatient", 3)
    for name, part, aim in (("x", cosines[:3], (1.0, 0.0, 0.0)), ("y", cosines[3:], (0.0, 1.0, 0.0))):
        along = turned((part[0], part[1], part[2]), Axes.LPS, axes)
        if not all(abs(a - b) <= _DIRECTION for a, b in zip(along, aim, strict=True)):
            raise ObjectRefused(f"wrong geometry: axis {name} along {along}; expected the plan's axis")
    dy_mm, dx_mm = facts.numbers(SPACING, "PixelSpacing", 2)
    first_mm = turned((x, y, z), Axes.LPS, axes)
    for axis, (size_mm, count) in enumerate(((dx_mm, nx), (dy_mm, ny))):
        wanted_mm, off_mm = images.voxel_mm[axis], first_mm[axis] - images.first_voxel_mm[axis]
        far_mm = off_mm + (size_mm - wanted_mm) * (count - 1)
        if not all(abs(each) <= _CORNER_mm for each in (size_mm - wanted_mm, off_mm, far_mm)):
            aim_mm = f"the plan's are {wanted_mm:g} mm from {images.first_voxel_mm[axis]:g} mm"
            at = f"voxels of {size_mm:g} mm from {first_mm[axis]:g} mm along {'xy'[axis]}"
            raise ObjectRefused(f"wrong geometry: {at}; {aim_mm}")
    steps = (first_mm[2] - images.first_voxel_mm[2]) / images.voxel_mm[2]
    index = round(steps)
    if not (0 <= index < nz and abs(steps - index) * images.voxel_mm[2] <= _CORNER_mm):
        raise ObjectRefused(f"wrong geometry: a slice at {first_mm[2]:g} mm along z; expected one of the plan's {nz}")
    return first_mm, index, (dx_mm, dy_mm)


def _values(facts: Facts, config: Config, scale: Scale) -> Plane:
    nx, ny, _ = config.images.matrix
    stored = _stored(facts, nx, ny)
    slope = facts.numbers(SLOPE, "RescaleSlope", 1)[0] if facts.values(SLOPE) else 1.0
    intercept = facts.numbers(INTERCEPT, "RescaleIntercept", 1)[0] if facts.values(INTERCEPT) else 0.0
    for name, found, declared in (("slope", slope, scale.slope), ("intercept", intercept, scale.intercept)):
        if not abs(found - declared) <= _RELATIVE * max(abs(declared), scale.slope):
            raise ObjectRefused(f"wrong scale: {name} {found:g}; declared is {declared:g}")
    values = stored.astype(np.float64) * scale.slope + scale.intercept
    low, high = float(values.min()), float(values.max())
    if not (scale.low <= low and high <= scale.high):
        raise ObjectRefused(
            f"wrong scale: values from {low:g} to {high:g}; declared are {scale.low:g} to {scale.high:g}"
        )
    # A row of the object runs along x.
    return np.ascontiguousarray(values.T.astype(np.float32))


def _stored(facts: Facts, nx: int, ny: int) -> NDArray[np.integer]:
    """The stored values, of shape (ny, nx). Raises ObjectRefused for any other form than 16 bits, uncompressed."""
    facts.whole(SAMPLES, "SamplesPerPixel", 1, 1)
    facts.whole(ALLOCATED, "BitsAllocated", 16, 16)
    bits = facts.whole(STORED, "BitsStored", 8, 16)
    facts.whole(HIGH_BIT, "HighBit", bits - 1, bits - 1)
    signed = facts.whole(SIGNED, "PixelRepresentation", 0, 1) == 1
    if facts.values(FRAMES):
        facts.whole(FRAMES, "NumberOfFrames", 1, 1)
    if facts.text(PHOTOMETRIC, "PhotometricInterpretation") != "MONOCHROME2":
        raise ObjectRefused("another PhotometricInterpretation; expected MONOCHROME2")
    if len(facts.pixels) != 2 * nx * ny:
        raise ObjectRefused(f"{len(facts.pixels)} bytes of pixels; expected {2 * nx * ny}")
    stored: NDArray[np.integer] = np.frombuffer(facts.pixels, "<i2" if signed else "<u2").reshape(ny, nx)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if int(stored.min()) < low or int(stored.max()) > high:
        raise ObjectRefused(f"stored values from {stored.min()} to {stored.max()}; {bits} bits hold {low} to {high}")
    return stored
