"""Typed access to the JSON of an entry: what is not as expected is named, never guessed."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

Body = Mapping[str, object]
E = TypeVar("E", bound=Enum)


class BadEntry(Exception):
    """An entry's body lacks something that the report needs. The message names the field."""


def parse(text: str) -> object:
    """The JSON value. Raises BadEntry."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadEntry(f"not JSON ({type(error).__name__})") from None
    return value


def mapping(value: object, what: str) -> Body:
    """The value as an object of fields. Raises BadEntry."""
    if not isinstance(value, dict):
        raise BadEntry(f"{what} is {_shown(value)}, expected an object")
    return value


def field(body: Body, key: str) -> object:
    """A field that must be there, whatever it holds. Raises BadEntry."""
    if key not in body:
        raise BadEntry(f"{key} is missing")
    return body[key]


def part(body: Body, key: str) -> Body:
    """A nested object. Raises BadEntry."""
    return mapping(field(body, key), key)


def part_or_none(body: Body, key: str) -> Body | None:
    """A nested object, or None where the record says null. Raises BadEntry."""
    return None if field(body, key) is None else part(body, key)


def parts(body: Body, key: str) -> tuple[Body, ...]:
    """A list of objects. Raises BadEntry."""
    return tuple(mapping(item, key) for item in items(body, key))


def items(body: Body, key: str) -> list[object]:
    """A list. Raises BadEntry."""
    value = field(body, key)
    if not isinstance(value, list):
        raise BadEntry(f"{key} is {_shown(value)}, expected a list")
    return value


def number(body: Body, key: str) -> float:
    """A number; infinities and not-a-number are written as {"$float": ...}. Raises BadEntry."""
    return as_number(field(body, key), key)


def number_or_none(body: Body, key: str) -> float | None:
    """A number, or None where the record says null. Raises BadEntry."""
    value = field(body, key)
    return None if value is None else as_number(value, key)


def as_number(value: object, what: str) -> float:
    """The value as a float. Raises BadEntry."""
    if isinstance(value, dict):
        value = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}.get(str(value.get("$float")))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadEntry(f"{what} is {_shown(value)}, expected a number")
    return float(value)


def text(body: Body, key: str) -> str:
    """A text. Raises BadEntry."""
    value = field(body, key)
    if not isinstance(value, str):
        raise BadEntry(f"{key} is {_shown(value)}, expected a text")
    return value


def truth(body: Body, key: str) -> bool:
    """True or false. Raises BadEntry."""
    value = field(body, key)
    if not isinstance(value, bool):
        raise BadEntry(f"{key} is {_shown(value)}, expected true or false")
    return value


def member(body: Body, key: str, kind: type[E]) -> E:
    """A member of an enum, by name. Raises BadEntry."""
    name = text(body, key)
    if name not in kind.__members__:
        raise BadEntry(f"{key} is {name[:40]!r}, expected a {kind.__name__}")
    return kind[name]


def digest(body: Body, key: str) -> str:
    """The digest of an array that lies beside the entries. Raises BadEntry."""
    return text(part(body, key), "$array")


def _shown(value: object) -> str:
    return f"{type(value).__name__} {str(value)[:40]!r}"
