"""One JSON object, field by field: whatever is wrong ends in one line that names the field."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

E = TypeVar("E", bound=Enum)
_SHOWN = 60


class StoryRefused(Exception):
    """The story cannot be played. The message is one line: field, found, expected."""


def shown(raw: object) -> str:
    """A value of the file, short and on one line."""
    if isinstance(raw, dict):
        return "an object"
    if isinstance(raw, list):
        return "an array"
    if isinstance(raw, str):
        return ascii(raw[:_SHOWN]) + (" and more" if len(raw) > _SHOWN else "")
    return "null" if raw is None else str(raw).lower()[:_SHOWN]


def refuse(where: str, found: str, expected: str) -> StoryRefused:
    """The error for one field."""
    return StoryRefused(f"{where}: found {found}, expected {expected}")


class Fields:
    """An object's fields, each asked for once; `done` refuses what nobody asked for."""

    def __init__(self, where: str, raw: object) -> None:
        self.where = where
        if not isinstance(raw, dict):
            raise refuse(where or "file", shown(raw), "an object")
        self._raw: dict[str, object] = raw
        self._asked: list[str] = []

    def name(self, key: str) -> str:
        """The field's dotted name."""
        return f"{self.where}.{key}" if self.where else key

    def has(self, key: str) -> bool:
        """Whether the field is there."""
        self._asked.append(key)
        return key in self._raw

    def raw(self, key: str) -> object:
        """The field as it is; it must be there."""
        if not self.has(key):
            raise refuse(self.name(key), "nothing", "a value")
        return self._raw[key]

    def text(self, key: str, default: str | None = None) -> str:
        """A printable line."""
        if default is not None and not self.has(key):
            return default
        raw = self.raw(key)
        if not isinstance(raw, str) or not raw.isprintable():
            raise refuse(self.name(key), shown(raw), "a line of text")
        return raw

    def whole(self, key: str, lowest: int, default: int | None = None) -> int:
        """A whole number, `lowest` or more."""
        if default is not None and not self.has(key):
            return default
        raw = self.raw(key)
        if isinstance(raw, bool) or not isinstance(raw, int) or raw < lowest:
            raise refuse(self.name(key), shown(raw), f"a whole number, {lowest} or more")
        return raw

    def number(self, key: str) -> float:
        """A finite number."""
        return finite(self.name(key), self.raw(key))

    def choice(self, key: str, options: type[E], default: E | None = None) -> E:
        """One of an enumeration's values."""
        return self.among(key, {str(option.value): option for option in options}, default)

    def among(self, key: str, options: Mapping[str, E], default: E | None = None) -> E:
        """One of some named values."""
        if default is not None and not self.has(key):
            return default
        raw = self.raw(key)
        if not isinstance(raw, str) or raw not in options:
            raise refuse(self.name(key), shown(raw), "one of " + ", ".join(options))
        return options[raw]

    def done(self) -> None:
        """Refuse what was not asked for."""
        for key in self._raw:
            if key not in self._asked:
                expected = "only " + ", ".join(dict.fromkeys(self._asked))
                raise refuse(self.name(ascii(key)[1:-1]), "an unknown key", expected)


def finite(where: str, raw: object) -> float:
    """A finite number."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise refuse(where, shown(raw), "a finite number")
    return raw
