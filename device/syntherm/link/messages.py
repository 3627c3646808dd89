"""What a desk may say to the session, as one JSON object a line. Anything else is rejected with a reason."""

import json
from collections.abc import Mapping
from typing import Final, Never, TypeVar

import attrs

from syntherm.core.vocabulary import ACTS, SetupItem, Trigger

LONGEST: Final = 4096
"""Bytes of a line, with its end."""
TEXT: Final = 200
"""Characters of a text in it."""
SECRET: Final = 1024
VERSION: Final = 1
MOST: Final = 2**31
_ACTS: Final = {act.value: act for act in ACTS}
_ITEMS: Final = {item.value: item for item in SetupItem}
_SHOWN: Final = 40
_T = TypeVar("_T")


class NoMessage(Exception):
    """The bytes are no message of a desk. One line: what was found, and what was expected."""


@attrs.frozen
class Hello:
    """The first message; `version` of the messages that the desk speaks."""

    version: int


@attrs.frozen
class Act:
    """Somebody does something. `number` is the desk's own; the answer carries it. `secret` where a signature is due."""

    number: int
    act: Trigger
    person: str
    item: SetupItem | None
    reason: str
    secret: str | None = attrs.field(repr=False)


@attrs.frozen
class Close:
    """Somebody closes the session."""

    number: int
    person: str


Message = Hello | Act | Close


def read(line: bytes) -> Message:
    """The message in a line, with or without its end. Raises NoMessage."""
    if len(line) > LONGEST:
        raise NoMessage(f"found {len(line)} bytes, expected at most {LONGEST}")
    fields = _object(line)
    kind = fields.pop("kind", None)
    return _made(kind, _Fields(fields))


def _made(kind: object, fields: "_Fields") -> Message:
    message: Message
    if kind == "hello":
        message = Hello(fields.whole("version"))
    elif kind == "act":
        message = Act(
            fields.whole("number"),
            fields.one_of("act", _ACTS),
            # A stop is heeded whoever gives it; nobody's other acts are refused by the table.
            fields.text("person", TEXT, empty=True),
            fields.one_of("item", _ITEMS) if fields.given("item") else None,
            fields.text("reason", TEXT, empty=True) if fields.given("reason") else "",
            fields.text("secret", SECRET, empty=True, shown=False) if fields.given("secret") else None,
        )
    elif kind == "close":
        message = Close(fields.whole("number"), fields.text("person", TEXT))
    else:
        raise NoMessage(f"kind: found {_cut(kind)}, expected hello, act or close")
    fields.done()
    return message


def _object(line: bytes) -> dict[str, object]:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise NoMessage("found a key twice, expected each once")
        return fields

    def never(constant: str) -> Never:
        raise NoMessage(f"found {constant}, expected a number")

    try:
        found: object = json.loads(line.decode("utf-8"), object_pairs_hook=unique, parse_constant=never)
    except (ValueError, RecursionError):
        raise NoMessage(f"found {line[:_SHOWN]!a}, expected one JSON object in UTF-8") from None
    if not isinstance(found, dict):
        raise NoMessage(f"found {_cut(found)}, expected a JSON object")
    return found


def _cut(value: object) -> str:
    return ascii(value)[:_SHOWN] if isinstance(value, str | int | float | bool | None) else type(value).__name__


class _Fields:
    """The fields of a message; each is taken once, and none may be left."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = dict(fields)

    def given(self, name: str) -> bool:
        return name in self._fields

    def whole(self, name: str) -> int:
        value = self._fields.pop(name, None)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST:
            raise NoMessage(f"{name}: found {_cut(value)}, expected a whole number from 0 to {MOST - 1}")
        return value

    def text(self, name: str, longest: int, *, empty: bool = False, shown: bool = True) -> str:
        value = self._fields.pop(name, None)
        if not isinstance(value, str) or len(value) > longest or not (value or empty):
            found = _cut(value) if shown else "something else"
            raise NoMessage(f"{name}: found {found}, expected a text of at most {longest} characters")
        if shown and not value.isprintable():
            raise NoMessage(f"{name}: found {_cut(value)}, expected characters that can be shown")
        return value

    def one_of(self, name: str, options: Mapping[str, _T]) -> _T:
        value = self._fields.pop(name, None)
        if not isinstance(value, str) or value not in options:
            raise NoMessage(f"{name}: found {_cut(value)}, expected one of {', '.join(options)}")
        return options[value]

    def done(self) -> None:
        if self._fields:
            raise NoMessage(f"found an unknown key {_cut(next(iter(self._fields)))}, expected no others")
