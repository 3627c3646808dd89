"""Tables as Parquet files, through DuckDB: rows go in as JSON lines with named types, so that nothing is guessed."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from syntherm.auditing.console import BadInput
from syntherm.auditing.rows import Columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def connection(paths: Iterable[Path] = (), folders: Iterable[Path] = ()) -> "DuckDBPyConnection":
    """DuckDB in memory that reaches these files and folders, no others and no network. Raises BadInput without it."""
    try:
        import duckdb
    except ImportError as error:
        raise BadInput("found no DuckDB; expected the extra `trial`: pip install 'syntherm[trial]'") from error
    database = duckdb.connect(":memory:", config={
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        "allow_community_extensions": "false", "temp_directory": "",
    })  # fmt: skip
    database.execute(f"SET allowed_paths = {_texts(paths)}")
    database.execute(f"SET allowed_directories = {_texts(folders)}")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


def quoted(words: str) -> str:
    """A text as SQL writes it."""
    return "'" + words.replace("'", "''") + "'"


def _texts(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(quoted(str(path)) for path in paths) + "]"


def to_parquet(lines: Path, columns: Columns, out: Path) -> None:
    """Rows as JSON lines to a Parquet file. What does not fit its column's type is null. Raises BadInput, OSError."""
    types = ", ".join(f"{_name(name)}: {quoted(_read_as(kind))}" for name, kind in columns.items())
    names = ", ".join(f"TRY_CAST({_name(name)} AS {kind}) AS {_name(name)}" for name, kind in columns.items())
    source = f"read_json({quoted(str(lines.resolve()))}, format = 'newline_delimited', columns = {{{types}}})"
    with connection(folders=(lines.parent.resolve(), out.parent.resolve())) as database:
        target = quoted(str(out.resolve()))
        database.execute(f"COPY (SELECT {names} FROM {source}) TO {target} (FORMAT parquet, COMPRESSION zstd)")


def _read_as(kind: str) -> str:
    return "VARCHAR" if kind == "TIMESTAMP" else kind


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
