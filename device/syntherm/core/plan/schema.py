"""What a plan file must hold, read from the annotations of the plan's values and from nowhere else."""

import typing

import attrs

from syntherm.core.plan.values import Plan, Quantity, Text


@attrs.frozen
class Leaf:
    """One value of a table: `count` is 1 for a single value, else the length of the array."""

    name: str
    rule: Quantity | Text
    whole: bool
    count: int


@attrs.frozen
class Table:
    """One table of the file and the class that its values make.

    `many`: an array of tables. `optional`: plans of earlier releases, which are still read, do not have it.
    """

    name: str
    kind: type[object]
    many: bool
    leaves: tuple[Leaf, ...]
    optional: bool = False


def tables_of(plan: type[object]) -> tuple[Table, ...]:
    """The tables declared by the attributes of `plan`, in order. TypeError if an attribute declares none.

    `sources` is left out: the reader fills it from the sources of all values.
    """
    hints: dict[str, object] = typing.get_type_hints(plan, include_extras=True)
    return tuple(_table(name, hint) for name, hint in hints.items() if name != "sources")


def _table(name: str, hint: object) -> Table:
    parts: tuple[object, ...] = typing.get_args(hint)
    kind = parts[0] if parts else hint
    if not isinstance(kind, type):
        raise TypeError(f"{name} declares no table")
    hints: dict[str, object] = typing.get_type_hints(kind, include_extras=True)
    optional = type(None) in parts
    leaves = tuple(_leaf(key, value) for key, value in hints.items())
    return Table(name, kind, bool(parts) and not optional, leaves, optional)


def _leaf(name: str, hint: object) -> Leaf:
    parts: tuple[object, ...] = typing.get_args(hint)
    rule = parts[-1] if parts else None
    if not isinstance(rule, Quantity | Text):
        raise TypeError(f"{name} declares neither a quantity nor a text")
    elements: tuple[object, ...] = typing.get_args(parts[0])
    return Leaf(name, rule, int in (parts[0], *elements), max(1, len(elements)))


TABLES = tables_of(Plan)
