"""The tables of a plan that are sound in themselves, for the rules that compare them with each other."""

from collections.abc import Mapping
from typing import TypeVar

import attrs

_T = TypeVar("_T")


class NotSound(Exception):
    """A table that a rule compares has problems of its own, so the rule cannot be judged yet."""


@attrs.frozen
class Finding:
    """A rule that is broken: the field to look at first, what was found and what was expected."""

    field: str
    found: str
    expected: str


Findings = tuple[Finding, ...]


def require(holds: bool, field: str, found: str, expected: str) -> Findings:
    """Nothing if the rule holds, else what to say about it."""
    return () if holds else (Finding(field, found, expected),)


@attrs.frozen
class Draft:
    """Sound tables by their names in the file; an array of tables is a tuple, there only if all of it is sound."""

    tables: Mapping[str, object]

    def of(self, kind: type[_T]) -> _T:
        """The table of this kind. NotSound if it is not there."""
        for table in self.tables.values():
            if isinstance(table, kind):
                return table
        raise NotSound(kind.__name__)

    def maybe(self, kind: type[_T]) -> _T | None:
        """The table of this kind, None if it is not there: for tables that came with later releases."""
        try:
            return self.of(kind)
        except NotSound:
            return None

    def rows(self, name: str, kind: type[_T]) -> tuple[_T, ...]:
        """The array of tables of this name and kind. NotSound if it is not there."""
        found = self.tables.get(name)
        if not isinstance(found, tuple):
            raise NotSound(name)
        return tuple(row for row in found if isinstance(row, kind))
