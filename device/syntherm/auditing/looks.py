"""Tolerant looks into the JSON of an entry. What is not there, or is something else, is None: not known, never zero.

Whoever must find what is wrong with a record uses the verifier; here a record of any origin is to be looked at.
"""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

Json = Any
"""What json.loads gives; every use asks what it is."""
Body = Mapping[str, Json]


def parse(text: str) -> Json:
    """The JSON value, or the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def part(body: Json, *path: str) -> Body:
    """The object at a path; empty where there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}


def items(body: Json, *path: str) -> tuple[Json, ...]:
    """The list at a path; empty where there is none."""
    found = part(body, *path[:-1]).get(path[-1])
    return tuple(found) if isinstance(found, list) else ()


def number(body: Json, *path: str) -> float | None:
    """The finite number at a path."""
    found = part(body, *path[:-1]).get(path[-1])
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        value = float(found)
    except OverflowError:
        return None
    return value if isfinite(value) else None


def whole(body: Json, *path: str) -> int | None:
    """The whole number at a path."""
    found = part(body, *path[:-1]).get(path[-1])
    return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**63 else None


def text(body: Json, *path: str) -> str | None:
    """The text at a path."""
    found = part(body, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else None


def truth(body: Json, *path: str) -> bool | None:
    """True or false at a path."""
    found = part(body, *path[:-1]).get(path[-1])
    return found if isinstance(found, bool) else None


def plain(words: str) -> str:
    """A text on one line that cannot command a terminal: what does not print is written as its escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in words)


def short(words: str, length: int = 200) -> str:
    """The same, cut."""
    shown = plain(words[: length + 1])
    return shown if len(shown) <= length else shown[: length - 1] + "…"
