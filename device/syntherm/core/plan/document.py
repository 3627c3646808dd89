"""A TOML document taken apart: the whole text or its one problem, and each table value by value."""

import re
import tomllib
from functools import partial
from typing import Final

from syntherm.core.plan.leaf import Note, read_leaf
from syntherm.core.plan.lines import key_name
from syntherm.core.plan.problems import Problem
from syntherm.core.plan.schema import Table

MAX_LINE: Final = 2000
"""Longest line in characters. It also bounds the digits of a number, which the parser would refuse without a line."""
NOTHING: Final = "nothing"
_AT_LINE: Final = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)


def parsed(text: str) -> dict[str, object] | Problem:
    """The document, or why it is none."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            return Problem(number, "file", f"{len(line)} characters", f"at most {MAX_LINE} in a line")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.fullmatch(str(error))
        # Without a line the parser speaks of the end of the document.
        at = int(match[2]) if match else text.count("\n") + 1
        reason = match[1] if match else str(error)
        return Problem(at, "file", f"no valid TOML ({reason})", "TOML 1.0")
    except RecursionError:
        return Problem(1, "file", "values nested too deeply", "tables of values")


def refuse_others(document: dict[str, object], names: list[str], note: Note) -> None:
    """Note each key of a document that is none of its tables' names."""
    for key in document:
        if key not in names:
            note(key_name(key), "an unknown table or key", "only " + ", ".join(names))


def read_row(
    table: Table, name: str, raw: dict[str, object], sources: list[tuple[str, str]], note: Note
) -> object | None:
    """The value of one table, its sources added to `sources`; None after noting at least one problem."""
    leaves = [leaf.name for leaf in table.leaves]
    for key in raw:
        if key not in leaves:
            note(f"{name}.{key_name(key)}", "an unknown key", "only " + ", ".join(leaves))
    values: dict[str, object] = {}
    for leaf in table.leaves:
        field = f"{name}.{leaf.name}"
        if leaf.name not in raw:
            note(field, NOTHING, "an inline table")
            continue
        reading = read_leaf(leaf, field, raw[leaf.name], note)
        if reading is not None:
            values[leaf.name] = reading.value
            sources.append((field, reading.source))
    return partial(table.kind, **values)() if len(values) == len(leaves) else None
