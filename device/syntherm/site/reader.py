"""Reads a site file and refuses all else: every problem at once, each with its line."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final, TypeVar

from syntherm.core.plan.leaf import Note, read_leaf, shown
from syntherm.core.plan.lines import key_name, line_numbers, line_of
from syntherm.core.plan.problems import Problem
from syntherm.core.plan.schema import Table, tables_of
from syntherm.site.rules import broken_rules
from syntherm.site.values import (
    PROTOCOLS,
    Always,
    ByProtocol,
    Guardian,
    Mrd,
    OpenIgtLink,
    OpenLifu,
    Paths,
    Place,
    Pump,
    Scanner,
    Site,
    StopLoop,
    Tpo,
    Transducer,
)  # fmt: skip

MAX_LINE: Final = 2000
"""Longest line in characters; it also bounds the digits of a number."""
_AT_LINE: Final = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
_ALWAYS: Final = tables_of(Always)
_BY_PROTOCOL: Final = tables_of(ByProtocol)
_T = TypeVar("_T")


class SiteRefused(Exception):
    """The site file may not be used. `problems` holds all that was found, sorted by line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_site(text: str) -> Site:
    """The site that `text`, a TOML document, describes. Raises SiteRefused with all problems sorted by line."""
    document = _parsed(text)
    lines = line_numbers(text)
    problems: list[Problem] = []

    def note(field: str, found: str, expected: str) -> None:
        problems.append(Problem(line_of(field, lines), field, found, expected))

    names = [table.name for table in (*_ALWAYS, *_BY_PROTOCOL)]
    for key in document:
        if key not in names:
            note(key_name(key), "an unknown table or key", "only " + ", ".join(names))
    values = {table.name: _table(table, document.get(table.name), note) for table in _ALWAYS}
    values |= _of_protocols(document, values, note)
    if not problems:
        for broken in broken_rules(values):
            note(broken.field, broken.found, broken.expected)
    if problems:
        raise SiteRefused(problems)
    return _site(tuple(values.values()))


def _site(tables: tuple[object, ...]) -> Site:
    return Site(
        site=_the(tables, Place), paths=_the(tables, Paths), scanner=_the(tables, Scanner),
        transducer=_the(tables, Transducer), pump=_the(tables, Pump), stop_loop=_the(tables, StopLoop),
        guardian=_the(tables, Guardian), mrd=_maybe(tables, Mrd), openigtlink=_maybe(tables, OpenIgtLink),
        openlifu=_maybe(tables, OpenLifu), tpo=_maybe(tables, Tpo),
    )  # fmt: skip


def _maybe(tables: tuple[object, ...], kind: type[_T]) -> _T | None:
    return next((table for table in tables if isinstance(table, kind)), None)


def _the(tables: tuple[object, ...], kind: type[_T]) -> _T:
    found = _maybe(tables, kind)
    if found is None:
        raise TypeError(f"{kind.__name__}: not read, and no problem noted")
    return found


def _of_protocols(document: dict[str, object], values: Mapping[str, object], note: Note) -> dict[str, object]:
    """The tables that the protocols of the sound device tables ask for; those that none asks for are noted."""
    wanted = _protocols(values)
    found: dict[str, object] = {}
    for table in _BY_PROTOCOL:
        if table.name in wanted:
            found[table.name] = _table(table, document.get(table.name), note)
        elif table.name in document and len(wanted) == len(PROTOCOLS):
            note(table.name, "a table that no protocol of this site asks for", "no such table")
    return found


def _parsed(text: str) -> dict[str, object]:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise SiteRefused([Problem(number, "file", f"{len(line)} characters", f"at most {MAX_LINE} in a line")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.fullmatch(str(error))
        at = int(match[2]) if match else text.count("\n") + 1
        reason = match[1] if match else str(error)
        raise SiteRefused([Problem(at, "file", f"no valid TOML ({ascii(reason)[1:-1]})", "TOML 1.0")]) from None
    except RecursionError:
        raise SiteRefused([Problem(1, "file", "values nested too deeply", "tables of values")]) from None


def _protocols(values: Mapping[str, object]) -> frozenset[str]:
    """The names of the protocol tables that the sound device tables ask for."""
    wanted = set()
    for device, tables in PROTOCOLS.items():
        table = values.get(device)
        if isinstance(table, Scanner | Transducer):
            wanted.add(tables[table.protocol])
    return frozenset(wanted)


def _table(table: Table, raw: object, note: Note) -> object | None:
    """The table's value; None after noting at least one problem."""
    if not isinstance(raw, dict):
        note(table.name, "nothing" if raw is None else shown(raw), f"[{table.name}], a table")
        return None
    leaves = [leaf.name for leaf in table.leaves]
    for key in raw:
        if key not in leaves:
            note(f"{table.name}.{key_name(key)}", "an unknown key", "only " + ", ".join(leaves))
    found: dict[str, object] = {}
    for leaf in table.leaves:
        field = f"{table.name}.{leaf.name}"
        if leaf.name not in raw:
            note(field, "nothing", "an inline table")
            continue
        reading = read_leaf(leaf, field, raw[leaf.name], note)
        if reading is not None:
            found[leaf.name] = reading.value
    return partial(table.kind, **found)() if len(found) == len(leaves) else None
