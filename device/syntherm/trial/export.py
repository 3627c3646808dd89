"""Tables of all records of an index as Parquet files, one folder for each table and record."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from syntherm.audit.reader import UnreadableRecord
from syntherm.auditing.console import BadInput
from syntherm.auditing.entries import last_entry
from syntherm.auditing.lines import RowLines
from syntherm.auditing.parquet import to_parquet
from syntherm.auditing.place import check_place
from syntherm.auditing.rows import Columns, Row
from syntherm.auditing.tables import WHOLE, tabulate
from syntherm.trial.index import RECORDS, Index

SESSIONS: Final = "sessions"
_SQL: Final = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE"}
_AS_TIMES: Final = frozenset({"opened_utc", "last_utc"})


def _sessions() -> Columns:
    """The index's own columns; `id` is called `record`, as in all other tables."""
    named = {"record" if name == "id" else name: _SQL[kind] for name, kind in RECORDS.items()}
    return {name: "TIMESTAMP" if name in _AS_TIMES else kind for name, kind in named.items()}


def export(index: Index, out: Path, say: Callable[[str], None]) -> list[str]:
    """Write all tables into a new folder, all or nothing. Returns what was left out, one line for each record.

    Raises BadInput, OSError.
    """
    rows = index.records()
    check_place(out, tuple(index.place(row) for row in rows))
    if out.exists():
        raise BadInput(f"{out}: exists already; expected a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        left_out, kept = [], []
        for row in rows:
            why = _record(index.place(row), row, folder)
            if why is None:
                kept.append(row)
                say(str(row["path"]))
            else:
                left_out.append(f"{index.place(row)}: left out: {why}")
        _write(kept, folder)
        folder.chmod(0o755)
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return left_out


def _write(rows: list[Row], folder: Path) -> None:
    lines = folder / "rows"
    with lines.open("x", encoding="ascii") as file:
        sink = RowLines(file)
        for row in rows:
            sink.write({"record" if name == "id" else name: value for name, value in row.items()})
    to_parquet(lines, _sessions(), folder / f"{SESSIONS}.parquet")
    lines.unlink()


def _record(path: Path, row: Row, folder: Path) -> str | None:
    """Write the tables of one record; why not, if it is not the one that was indexed."""
    made = {table: folder / table / f"record={row['id']}" for table in WHOLE}
    try:
        last = last_entry(path)
        if last is None or last.chain.hex() != row["head"]:
            return "has changed since it was indexed"
        for each in made.values():
            each.mkdir(parents=True)
        _tables(path, made)
    except UnreadableRecord as error:
        for each in made.values():
            shutil.rmtree(each, ignore_errors=True)
        return str(error)
    return None


def _tables(path: Path, made: dict[str, Path]) -> None:
    with ExitStack() as files:
        sinks = {
            table: RowLines(files.enter_context((place / "rows").open("x", encoding="ascii")))
            for table, place in made.items()
        }
        for table, row in tabulate(path):
            sinks[table].write(row)
    for table, place in made.items():
        to_parquet(place / "rows", WHOLE[table], place / f"{table}.parquet")
        (place / "rows").unlink()
