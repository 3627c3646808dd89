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
from pydicom.sequence import Sequence

from syntherm.adapters.scanner.stream import shown
from syntherm.dicom.enhanced import NAMES, Texts, facts_of
from syntherm.dicom.facts import Facts, ObjectRefused, Status

PIXELS: Final = 0x7FE00010
SHARED_GROUPS: Final = 0x52009229
FRAME_GROUPS: Final = 0x52009230
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


def read_facts(data: bytes, wanted: Iterable[int], *, implicit: bool, slices: int) -> tuple[Facts, ...]:
    """The texts of the `wanted` attributes, and the pixels, of each frame. `slices`: of one image.

    An object of one slice is one frame. Raises ObjectRefused.
    """
    try:
        dataset: Dataset = read_dataset(BytesIO(data), implicit, True)
        pixels = dataset[PIXELS].value if PIXELS in dataset else b""
        if not isinstance(pixels, bytes):
            raise ObjectRefused("pixels that are no bytes", Status.CANNOT_UNDERSTAND)
        if FRAME_GROUPS not in dataset:
            return (Facts(_found(dataset, wanted), pixels),)
        named = (*wanted, *NAMES.values())
        shared = _grouped(_items(dataset, SHARED_GROUPS), named)
        frames = [_grouped([item], named) for item in _items(dataset, FRAME_GROUPS)]
        return facts_of(_found(dataset, wanted), shared, frames, pixels, slices)
    except _STRANGE as error:
        reason = f"cannot be read: {type(error).__name__} {shown(str(error))}"
        raise ObjectRefused(reason, Status.CANNOT_UNDERSTAND) from error


def _found(dataset: Dataset, wanted: Iterable[int]) -> Texts:
    return {tag: _texts(dataset[tag].value) for tag in wanted if tag in dataset}


def _items(dataset: Dataset, tag: int) -> list[Dataset]:
    """The items of a sequence; none if it is absent. Raises TypeError for what is none."""
    value = dataset[tag].value if tag in dataset else ()
    if not isinstance(value, Sequence):
        raise TypeError("groups that are no sequence")
    return list(value)


def _grouped(items: Iterable[Dataset], wanted: Iterable[int]) -> Texts:
    """What stands in the groups of some items: each group is a sequence of one. Raises ObjectRefused."""
    found: dict[int, tuple[str, ...]] = {}
    for item in items:
        for group in item:
            for inner in group.value if isinstance(group.value, Sequence) else ():
                for tag, texts in _found(inner, wanted).items():
                    if found.setdefault(tag, texts) != texts:
                        raise ObjectRefused(f"attribute {tag:08X} stands in two groups of a frame, and differs")
    return found


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
