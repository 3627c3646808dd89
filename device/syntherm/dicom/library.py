"""The one file that knows pydicom: the bytes of a data set to facts. What pydicom does not understand is refused."""

import re
import struct
from collections.abc import Iterable
from io import BytesIO
from typing import Final

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset

from syntherm.adapters.scanner.stream import shown
from syntherm.dicom.facts import Facts, ObjectRefused, Status

PIXELS: Final = 0x7FE00010
_NUMBER: Final = re.compile(r"[0-9A-Fa-f]{4},[0-9A-Fa-f]{4}")
_MOST_VALUES: Final = 64
_STRANGE: Final = (
    InvalidDicomError, BytesLengthException, struct.error, EOFError, OSError, ValueError, TypeError, KeyError,
    IndexError, AttributeError, NotImplementedError, OverflowError, RecursionError, MemoryError, Warning,
)  # fmt: skip
"""What pydicom raises for bytes that are no data set; seen, and by its source."""


def tag_of(name: str) -> int | None:
    """An attribute's number, by its keyword in the standard or as four and four hex digits; None if it is neither."""
    if _NUMBER.fullmatch(name):
        return int(name.replace(",", ""), 16)
    tag = tag_for_keyword(name)
    return None if tag is None else int(tag)


def read_facts(data: bytes, wanted: Iterable[int], *, implicit: bool) -> Facts:
    """The texts of the `wanted` attributes, and the pixels. Raises ObjectRefused."""
    try:
        dataset: Dataset = read_dataset(BytesIO(data), implicit, True)
        texts = {tag: _texts(dataset[tag].value) for tag in wanted if tag in dataset}
        pixels = dataset[PIXELS].value if PIXELS in dataset else b""
    except _STRANGE as error:
        reason = f"cannot be read: {type(error).__name__} {shown(str(error))}"
        raise ObjectRefused(reason, Status.CANNOT_UNDERSTAND) from error
    if not isinstance(pixels, bytes):
        raise ObjectRefused("pixels that are no bytes", Status.CANNOT_UNDERSTAND)
    return Facts(texts, pixels)


def _texts(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str | int | float):
        return (str(value),)
    if isinstance(value, bytes):
        # A private attribute that was sent without its type.
        return tuple(value.decode("latin-1").split("\\", _MOST_VALUES))
    if isinstance(value, Iterable):
        return tuple(str(each) for _, each in zip(range(_MOST_VALUES), value, strict=False))
    return (str(value),)
