"""What is read of one DICOM object, in plain values: the texts of some attributes, and the pixels' bytes."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum, unique
from math import isfinite
from typing import Final

import attrs

from syntherm.adapters.scanner.stream import shown

_DATE_TIME: Final = re.compile(r"(\d{14})(?:\.(\d{1,6}))?([+-]\d{4})?")
_LONGEST: Final = 64


@unique
class Status(IntEnum):
    """What the scanner is answered: a failure for what cannot be used, a warning for what is not used any more."""

    STORED = 0x0000
    NOT_USED = 0xB006
    TOO_LARGE = 0xA700
    DOES_NOT_MATCH = 0xA900
    CANNOT_UNDERSTAND = 0xC000


class ObjectRefused(Exception):
    """One object cannot be used. One line: what was found and what was expected."""

    def __init__(self, reason: str, status: Status = Status.DOES_NOT_MATCH) -> None:
        super().__init__(reason)
        self.status = status


@attrs.frozen
class Facts:
    """`texts`: by the number of the attribute, each of its values as text; an attribute that is absent is not there."""

    texts: Mapping[int, tuple[str, ...]]
    pixels: bytes

    def values(self, tag: int) -> tuple[str, ...]:
        """All values of an attribute, stripped; none if it is absent or empty."""
        return tuple(text.strip(" \0") for text in self.texts.get(tag, ()))

    def text(self, tag: int, name: str) -> str:
        """The one value of an attribute. Raises ObjectRefused."""
        values = self.values(tag)
        if len(values) != 1 or not values[0]:
            raise ObjectRefused(f"{len(values)} values of {name}; expected one")
        return values[0]

    def numbers(self, tag: int, name: str, count: int) -> tuple[float, ...]:
        """Finite numbers. Raises ObjectRefused."""
        values = self.values(tag)
        numbers = tuple(each for each in map(_number, values) if each is not None)
        if len(values) != count or len(numbers) != count:
            raise ObjectRefused(f"{name} is {shown(chr(92).join(values))}; expected {count} numbers")
        return numbers

    def whole(self, tag: int, name: str, low: int, high: int) -> int:
        """A whole number. Raises ObjectRefused."""
        text = self.text(tag, name)
        if not re.fullmatch(r"[+-]?\d{1,9}", text, re.ASCII) or not low <= int(text) <= high:
            raise ObjectRefused(f"{name} is {shown(text)}; expected a whole number from {low} to {high}")
        return int(text)


def _number(text: str) -> float | None:
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def moment_s(text: str, utc_offset_h: float) -> float:
    """Seconds since 1970 of a date and time of day; a zone in the text itself is believed. Raises ObjectRefused."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ObjectRefused(f"the acquisition's moment is {shown(text)}; expected year to second")
    digits, fraction, zone = match.groups()
    ahead = timedelta(hours=utc_offset_h)
    if zone is not None:
        ahead = (1 if zone[0] == "+" else -1) * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC) - ahead
    except (ValueError, OverflowError):  # the latter near the years 1 and 9999
        raise ObjectRefused(f"the acquisition's moment is {shown(text)}; expected a day and time that exist") from None
    return moment.timestamp() + float(f"0.{fraction or 0}")
