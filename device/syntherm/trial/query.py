"""SQL over an export: one SELECT, which reaches the tables of the export and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from syntherm.auditing.console import BadInput
from syntherm.auditing.parquet import connection, quoted
from syntherm.auditing.tables import WHOLE
from syntherm.trial.export import SESSIONS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH = 1000


@attrs.frozen(eq=False)
class Answer:
    """Names of the columns, and the rows as they come."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[object, ...]]


@contextmanager
def asked(folder: Path, sql: str) -> Iterator[Answer]:
    """The answer to one SELECT over the views sessions, entries, images, acts and faults. Raises BadInput."""
    files = _files(folder)
    with connection(paths=[path for paths in files.values() for path in paths]) as database:
        import duckdb

        for view, paths in files.items():
            database.execute(f"CREATE VIEW {view} AS {_source(paths, by_folder=view != SESSIONS)}")
        try:
            _only_select(database, sql)
            database.execute(sql)
            columns = tuple(str(column[0]) for column in database.description or ())
            yield Answer(columns, _rows(database))
        except duckdb.Error as error:
            raise BadInput(f"the query failed: {error}") from error


def _files(folder: Path) -> dict[str, list[Path]]:
    sessions = folder.resolve() / f"{SESSIONS}.parquet"
    if not sessions.is_file():
        raise BadInput(f"{folder}: no export of a trial; expected a folder made by `syntherm trial export`")
    tables = {table: sorted(folder.resolve().glob(f"{table}/record=*/{table}.parquet")) for table in WHOLE}
    return {SESSIONS: [sessions], **{table: paths for table, paths in tables.items() if paths}}


def _source(paths: list[Path], *, by_folder: bool) -> str:
    names = ", ".join(quoted(str(path)) for path in paths)
    folders = "hive_partitioning = true, hive_types = {record: VARCHAR}" if by_folder else "hive_partitioning = false"
    return f"SELECT * FROM read_parquet([{names}], {folders})"


def _only_select(database: "DuckDBPyConnection", sql: str) -> None:
    """What is no SELECT could write over the files that may be read."""
    import duckdb

    kinds = [statement.type for statement in database.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        names = " and ".join(kind.name for kind in kinds) or "no statement"
        raise BadInput(f"found {names}; expected one SELECT: an export is only read")


def _rows(database: "DuckDBPyConnection") -> Iterator[tuple[object, ...]]:
    while found := database.fetchmany(_BATCH):
        yield from found
