"""Adding records to an index. One that was closed when it was indexed must not have changed since."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.seal import read_seal
from syntherm.auditing.console import BadInput
from syntherm.auditing.rows import Row
from syntherm.trial.index import Index
from syntherm.trial.summary import Summary, summarise

_SQLITE: Final = b"SQLite format 3\0"


class What(Enum):
    """What became of a record that was to be added."""

    ADDED = "added"
    RENEWED = "renewed"
    MOVED = "moved"
    UNCHANGED = "as indexed"
    SKIPPED = "no record"
    REFUSED = "not added"


@attrs.frozen
class Added:
    """The answer on one file."""

    path: Path
    what: What
    detail: str = ""


def found(places: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """Files to be added, and whether each was named by itself; of folders, every SQLite file below. Raises BadInput."""
    for place in places:
        if place.is_dir():
            yield from ((path, False) for path in sorted(place.rglob("*")) if path.is_file() and _is_sqlite(path))
        elif place.is_file():
            yield place, True
        else:
            raise BadInput(f"{place}: no such file or folder; expected a record, or a folder with records")


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def add(index: Index, path: Path, named: bool, site: str | None) -> Added:
    """Read one file into the index. `named`: it was named by itself, so it must be a record. Raises OSError."""
    try:
        with AuditReader(path):
            pass
    except UnreadableRecord as error:
        return Added(path, What.REFUSED if named else What.SKIPPED, str(error))
    name = index.named(path)
    here = next(iter(index.records("path = ?", (name,))), None)
    if here is not None and _unchanged(path, here, site):
        return Added(path, What.UNCHANGED)
    try:
        summary = summarise(path)
    except UnreadableRecord as error:
        return Added(path, What.REFUSED, str(error))
    return _put(index, path, summary, here, site)


def _unchanged(path: Path, here: Row, site: str | None) -> bool:
    """By its seal alone. Whether the seal is right, and the file is what was sealed, is for the verifier to find."""
    if not here["sealed"] or (site is not None and site != here["site"]):
        return False
    try:
        seal = read_seal(path)
    except (OSError, ValueError):
        return False
    return (seal.sha256, seal.size, seal.head) == (here["sha256"], path.stat().st_size, here["head"])


def _put(index: Index, path: Path, summary: Summary, here: Row | None, site: str | None) -> Added:
    row, name = summary.row, index.named(path)
    if here is not None and here["sealed"] and _content(here) != _content(row):
        return Added(path, What.REFUSED, "was closed when it was indexed, and has changed since; see trial verify")
    twin = next(iter(index.records("id = ? AND path <> ?", (row["id"], name))), None)
    if twin is not None and index.place(twin).exists():
        same = "the same record" if _content(twin) == _content(row) else "another record of the same session"
        return Added(path, What.REFUSED, f"{same} is indexed as {index.place(twin)}")
    if twin is not None and twin["sealed"] and _content(twin) != _content(row):
        return Added(path, What.REFUSED, f"was indexed as {index.place(twin)} with another content")
    before = here or twin
    kept = site if site is not None or before is None else before["site"]
    index.put(summary, name, None if kept is None else str(kept))
    what = What.ADDED if before is None else What.RENEWED if twin is None else What.MOVED
    return Added(path, what)


def _content(row: Row) -> tuple[object, ...]:
    return row["head"], row["size"], row["sha256"]
