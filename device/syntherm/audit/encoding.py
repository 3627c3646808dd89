"""The canonical encoding: one text for one value, and back for events.

JSON with sorted keys and no spaces; floats in Python's shortest form that reads back exactly; enums by name;
numbers that are not finite as {"$float": ...}; arrays as {"$array": digest} with their content kept beside.
"""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
import numpy as np

from syntherm.audit.arrays import Array, digest_of
from syntherm.core.thermometry.thermometer import Thermal

Json = Any
"""What json.dumps takes; its shape is checked by decoding it."""

DIGEST_ONLY: Final = (Thermal,)
"""Values whose arrays are recorded by digest alone: execution from the record makes them again."""


class Encoder:
    """Encodes one value; `arrays` then holds every array that must be kept with it, by digest."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}

    def text(self, value: object) -> str:
        """The canonical text of a value."""
        return json.dumps(self._value(value, True), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def _value(self, value: object, keep: bool) -> Json:
        if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
            return value
        if isinstance(value, float):
            return value if isfinite(value) else {"$float": repr(value)}
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, np.ndarray):
            return self._array(value, keep)
        return self._holder(value, keep)

    def _holder(self, value: object, keep: bool) -> Json:
        if isinstance(value, tuple | list):
            return [self._value(item, keep) for item in value]
        if isinstance(value, Mapping):
            return {str(key): self._value(item, keep) for key, item in value.items()}
        kind: type[Any] = type(value)
        if not attrs.has(kind):
            raise TypeError(f"cannot put a {kind.__name__} on record")
        keep = keep and kind not in DIGEST_ONLY
        fields = {name: self._value(getattr(value, name), keep) for name in _names(kind)}
        return {"$type": kind.__name__, **fields}

    def _array(self, value: Array, keep: bool) -> Json:
        digest = digest_of(value)
        if not keep:
            return {"$digest": digest}
        self.arrays[digest] = value
        return {"$array": digest}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(kind))


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


class Undecodable(Exception):
    """A recorded value does not fit the type that this software expects."""


def decode(kinds: tuple[type, ...], text: str, fetch: Callable[[str], Array]) -> Any:
    """The value that `text` encodes, being one of `kinds`; arrays come from `fetch` by digest.

    Raises Undecodable.
    """
    raw = json.loads(text)
    named = {kind.__name__: kind for kind in kinds}
    if not isinstance(raw, dict) or raw.get("$type") not in named:
        raise Undecodable(f"expected one of {', '.join(named)}")
    return _read(named[raw["$type"]], raw, fetch)


def _read(kind: Any, raw: Json, fetch: Callable[[str], Array]) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _read_union(kind, raw, fetch)
    if origin is tuple:
        items = get_args(kind)
        repeated = len(items) == 2 and items[1] is Ellipsis
        return tuple(_read(items[0] if repeated else items[i], item, fetch) for i, item in enumerate(raw))
    if origin is np.ndarray or kind is np.ndarray:
        return fetch(raw["$array"])
    if kind is float:
        return float(raw["$float"]) if isinstance(raw, dict) else float(raw)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[raw]
    if isinstance(kind, type) and attrs.has(kind):
        if not isinstance(raw, dict) or set(raw) != {"$type", *_names(kind)}:
            raise Undecodable(f"{kind.__name__} has other fields here")
        return kind(**{name: _read(_hints(kind)[name], raw[name], fetch) for name in _names(kind)})
    if isinstance(kind, type) and type(raw) is kind:
        return raw
    raise Undecodable(f"expected {kind}, found {raw!r}")


def _read_union(kind: Any, raw: Json, fetch: Callable[[str], Array]) -> Any:
    if raw is None and NoneType in get_args(kind):
        return None
    options = [option for option in get_args(kind) if option is not NoneType]
    if len(options) != 1:
        raise Undecodable(f"{kind} cannot be told apart on record")
    return _read(options[0], raw, fetch)
