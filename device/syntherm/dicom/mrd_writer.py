"""MRD version 1 as the session and the guardian read it: header, volumes, texts. What the site file has to say of it
is constant here: ticks of 1 ms since midnight UTC, dynamics in series 1 by image index, the fat map in series 2.
"""

import struct
from math import floor
from typing import Final

import numpy as np

from syntherm.adapters.scanner.moments import Axes, Triple, turned
from syntherm.adapters.scanner.mrd_codec import CLOSING, CONFIG_FILE, HEADER, IMAGE, TEXT
from syntherm.adapters.scanner.mrd_header import HYDROGEN_MHz_PER_T
from syntherm.dicom.volumes import Volume

TICKS_PER_s: Final = 1000
FRAME_SERIES: Final = 1
FAT_MAP_SERIES: Final = 2
BYE: Final = CLOSING
_DAY_s: Final = 86_400
_CONFIG: Final = b"dicom push"
_HEAD: Final = struct.Struct("<HHQI3H3fH3f3f3f3f3f6HI3I3H8i8fIQ")
_FLOAT, _COMPLEX = (5, 1), (7, 5)
"""Type of the data and of the image."""
_XML: Final = """<?xml version="1.0" encoding="UTF-8"?>
<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD">
 <experimentalConditions><H1resonanceFrequency_Hz>{hertz}</H1resonanceFrequency_Hz></experimentalConditions>
 <encoding>
  <encodedSpace><matrixSize><x>{x}</x><y>{y}</y><z>{z}</z></matrixSize>
   <fieldOfView_mm><x>{x_mm}</x><y>{y_mm}</y><z>{z_mm}</z></fieldOfView_mm></encodedSpace>
  <reconSpace><matrixSize><x>{x}</x><y>{y}</y><z>{z}</z></matrixSize>
   <fieldOfView_mm><x>{x_mm}</x><y>{y_mm}</y><z>{z_mm}</z></fieldOfView_mm></reconSpace>
  <encodingLimits/><trajectory>other</trajectory>
 </encoding>
 <sequenceParameters><TE>{echo_ms}</TE></sequenceParameters>
</ismrmrdHeader>"""


def hello(field_T: float, echo_time_ms: float, matrix: tuple[int, int, int], voxel_mm: Triple) -> bytes:
    """What opens a stream: the name of a configuration, and the header that the images are read by."""
    x_mm, y_mm, z_mm = (count * size for count, size in zip(matrix, voxel_mm, strict=True))
    xml = _XML.format(
        hertz=round(field_T * HYDROGEN_MHz_PER_T * 1e6), echo_ms=echo_time_ms, x=matrix[0], y=matrix[1], z=matrix[2],
        x_mm=x_mm, y_mm=y_mm, z_mm=z_mm,
    )  # fmt: skip
    return struct.pack("<H1024s", CONFIG_FILE, _CONFIG) + _text(HEADER, xml)


def remark(line: str) -> bytes:
    """A free text, which the session puts on record."""
    return _text(TEXT, line)


def image(volume: Volume, axes: Axes) -> bytes:
    """A volume; `axes` are those that its place is given in."""
    data_type, image_type = _FLOAT if volume.fat_map else _COMPLEX
    series = FAT_MAP_SERIES if volume.fat_map else FRAME_SERIES
    place = volume.place
    view_mm = [count * size for count, size in zip(place.matrix, place.voxel_mm, strict=True)]
    ticks = floor(volume.acquired_s % _DAY_s * TICKS_PER_s)
    directions = [part for each in place.directions for part in turned(each, axes, Axes.LPS)]
    head = _HEAD.pack(
        1, data_type, 0, 1, *place.matrix, *view_mm, 1, *turned(place.centre_mm, axes, Axes.LPS), *directions,
        0.0, 0.0, 0.0, 0, 0, 0, 0, volume.number, 0, ticks, 0, 0, 0, image_type, volume.number, series,
        *[0] * 8, *[0.0] * 8, 0, 0,
    )  # fmt: skip
    # x runs fastest on the wire, and z slowest.
    values = np.asarray(volume.values, "<f4" if volume.fat_map else "<c8")
    return struct.pack("<H", IMAGE) + head + values.tobytes(order="F")


def _text(kind: int, text: str) -> bytes:
    raw = text.encode("ascii", "replace") + b"\0"
    return struct.pack("<HI", kind, len(raw)) + raw
