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
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import numpy as np

from syntherm.audit.arrays import Array, digest_of
from syntherm.core.later import LATER
from syntherm.core.thermometry.thermometer import Thermal

T = TypeVar("T")
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
        real = _real(kind)
        fields = {
            name: self._value(_as_real(getattr(value, name)) if name in real else getattr(value, name), keep)
            for name in _names(kind)
            if not (name in _later(kind) and getattr(value, name) is None)
        }
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
def _later(kind: type[Any]) -> frozenset[str]:
    """Fields that came with a later release: left out while they are None, so that older records stay as they were."""
    return frozenset(field.name for field in attrs.fields(kind) if field.metadata.get(LATER))


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _holds_float(hint: Any) -> bool:
    return hint is float or any(_holds_float(part) for part in get_args(hint))


@cache
def _real(kind: Any) -> frozenset[str]:
    return frozenset(name for name, hint in _hints(kind).items() if _holds_float(hint))


def _as_real(value: object) -> object:
    # A driver that says 90 and one that says 90.0 mean the same; what is executed again always reads 90.0.
    if type(value) is int:
        return float(value)
    return tuple(_as_real(item) for item in value) if type(value) is tuple else value


class Undecodable(Exception):
    """A recorded value does not fit the type that this software expects."""


def decode(kinds: tuple[type, ...], text: str, fetch: Callable[[str], Array]) -> Any:
    """The value that `text` encodes, being one of `kinds`; arrays come from `fetch` by digest.

    Raises Undecodable for anything that the encoder cannot have written, and whatever `fetch` raises.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"expected JSON: {error}") from error
    for kind in kinds:
        if isinstance(raw, dict) and raw.get("$type") == kind.__name__:
            return _read(kind, raw, fetch)
    raise Undecodable(f"expected one of {', '.join(kind.__name__ for kind in kinds)}")


def value_of(kind: type[T], raw: Json) -> T:
    """A value of `kind` that stands inside a recorded text. Raises Undecodable, also for one that holds arrays."""
    value: T = _read(kind, raw, _no_array)
    return value


def _no_array(digest: str) -> Array:
    raise Undecodable(f"expected no array here, found {digest[:12]}")


def _read(kind: Any, raw: Json, fetch: Callable[[str], Array]) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _read_union(kind, raw, fetch)
    if origin is tuple:
        return _read_tuple(get_args(kind), raw, fetch)
    if origin is np.ndarray:
        return _read_array(get_args(get_args(kind)[1])[0], raw, fetch)
    if kind is float:
        return _read_float(raw)
    if isinstance(kind, type) and issubclass(kind, Enum) and isinstance(raw, str) and raw in kind.__members__:
        return kind[raw]
    if isinstance(kind, type) and attrs.has(kind):
        return _read_holder(kind, raw, fetch)
    if isinstance(kind, type) and type(raw) is kind:
        return raw
    raise Undecodable(f"expected {kind}, found {raw!r:.80}")


def _read_union(kind: Any, raw: Json, fetch: Callable[[str], Array]) -> Any:
    if raw is None and NoneType in get_args(kind):
        return None
    options = [option for option in get_args(kind) if option is not NoneType]
    if len(options) != 1:
        raise Undecodable(f"{kind} cannot be told apart on record")
    return _read(options[0], raw, fetch)


def _read_tuple(items: tuple[Any, ...], raw: Json, fetch: Callable[[str], Array]) -> tuple[Any, ...]:
    repeated = len(items) == 2 and items[1] is Ellipsis
    if not isinstance(raw, list) or not (repeated or len(raw) == len(items)):
        raise Undecodable(f"expected a tuple of {items}, found {raw!r:.80}")
    return tuple(_read(items[0] if repeated else items[i], item, fetch) for i, item in enumerate(raw))


def _read_array(number: type, raw: Json, fetch: Callable[[str], Array]) -> Array:
    if not isinstance(raw, dict) or set(raw) != {"$array"} or not isinstance(raw["$array"], str):
        raise Undecodable(f"expected an array, found {raw!r:.80}")
    array = fetch(raw["$array"])
    if array.dtype != np.dtype(number):
        raise Undecodable(f"expected an array of {number.__name__}, found {array.dtype}")
    return array


def _read_float(raw: Json) -> float:
    if isinstance(raw, dict) and set(raw) == {"$float"} and raw["$float"] in ("inf", "-inf", "nan"):
        return float(raw["$float"])
    if type(raw) is float:
        return raw
    if type(raw) is int and abs(raw) <= 2**53:
        return float(raw)
    raise Undecodable(f"expected a number, found {raw!r:.80}")


def _read_holder(kind: Any, raw: Json, fetch: Callable[[str], Array]) -> Any:
    if not isinstance(raw, dict) or set(raw) != {"$type", *_names(kind)} or raw["$type"] != kind.__name__:
        raise Undecodable(f"{kind.__name__} has other fields here")
    return kind(**{name: _read(_hints(kind)[name], raw[name], fetch) for name in _names(kind)})
