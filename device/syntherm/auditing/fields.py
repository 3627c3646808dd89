"""Differences between two JSON values, named by the path to the field."""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final

import attrs

from syntherm.auditing.looks import Json

ABSENT: Final = object()
"""What one of the two does not have. No JSON value is equal to it."""
_INDEX: Final = re.compile(r"(?<=\[)\d+(?=\])")
_LINE: Final = re.compile(r" line \d+$")


@attrs.frozen(eq=False)
class Difference:
    """One field that differs: `path` as `commands[0].points[2].power_W`."""

    path: str
    a: Json
    b: Json

    @property
    def field(self) -> str:
        """The path, with all items of a list and all lines of a text named alike."""
        return _INDEX.sub("", _LINE.sub("", self.path))


def differences(a: Json, b: Json, path: str = "") -> Iterator[Difference]:
    """All fields in which two values differ, in the order of their names."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for name in sorted(a.keys() | b.keys()):
            here = f"{path}.{name}" if path else name
            yield from differences(a.get(name, ABSENT), b.get(name, ABSENT), here)
    elif isinstance(a, list) and isinstance(b, list):
        for index in range(max(len(a), len(b))):
            yield from differences(
                a[index] if index < len(a) else ABSENT, b[index] if index < len(b) else ABSENT, f"{path}[{index}]"
            )
    elif type(a) is not type(b) or a != b:
        yield from _leaves(a, b, path)


def _leaves(a: Json, b: Json, path: str) -> Iterator[Difference]:
    if isinstance(a, str) and isinstance(b, str) and ("\n" in a or "\n" in b):
        yield from _lines(a.splitlines(), b.splitlines(), path)
    else:
        yield Difference(path, a, b)


def _lines(a: list[str], b: list[str], path: str) -> Iterator[Difference]:
    """Of long texts, such as plans, only the lines that differ."""
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    for _, a_from, a_to, b_from, b_to in changed:
        where = f"{path} line {(a_from if a_to > a_from else b_from) + 1}"
        yield Difference(where, "\n".join(a[a_from:a_to]) or ABSENT, "\n".join(b[b_from:b_to]) or ABSENT)
    if not changed:
        yield Difference(path, "\n".join(a), "\n".join(b))
