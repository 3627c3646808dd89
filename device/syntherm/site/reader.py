"""Reads a site file and refuses all else: every problem at once, each with its line."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import attrs

from syntherm.core.plan.document import NOTHING, parsed, read_row, refuse_others
from syntherm.core.plan.leaf import Note, shown
from syntherm.core.plan.lines import line_numbers, line_of
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
    document = parsed(text)
    if isinstance(document, Problem):
        raise SiteRefused([attrs.evolve(document, found=ascii(document.found)[1:-1])])
    lines = line_numbers(text)
    problems: list[Problem] = []

    def note(field: str, found: str, expected: str) -> None:
        problems.append(Problem(line_of(field, lines), field, found, expected))

    refuse_others(document, [table.name for table in (*_ALWAYS, *_BY_PROTOCOL)], note)
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
        note(table.name, NOTHING if raw is None else shown(raw), f"[{table.name}], a table")
        return None
    return read_row(table, table.name, raw, [], note)
