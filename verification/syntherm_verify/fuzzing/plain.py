"""Values as what can be compared: by content, bit for bit, with not-a-number equal to itself."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs
import numpy as np

Plain = object
"""Tuples of texts, numbers and bytes."""


def plain(value: object) -> Plain:
    """A value's kind and content."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, np.ndarray):
        return ("array", value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, Enum):
        return (type(value).__name__, value.name)
    if isinstance(value, tuple | list):
        return tuple(plain(each) for each in value)
    if isinstance(value, Mapping):
        return tuple((plain(key), plain(each)) for key, each in value.items())
    kind: type[Any] = type(value)
    if attrs.has(kind):
        names = [field.name for field in attrs.fields(kind)]
    elif dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
    else:
        return value
    return (type(value).__name__, *(plain(getattr(value, name)) for name in names))
