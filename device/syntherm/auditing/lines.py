"""JSON lines and CSV. One row a line, ASCII, lines that end in a newline everywhere."""

import csv
import json
from math import isfinite
from typing import TextIO

from syntherm.audit.chain import Entry
from syntherm.auditing.rows import Columns, Row, Value


def entry_line(entry: Entry) -> str:
    """An entry as one line of JSON. The body stands byte for byte as recorded, so that the chain can be computed.

    A body that is no JSON on one line, which no writer makes, stands as a text under another name.
    """
    at_s = entry.at_s if isfinite(entry.at_s) else {"$float": repr(entry.at_s)}
    start = json.dumps(
        {"seq": entry.seq, "kind": entry.kind, "at_s": at_s, "utc": entry.utc, "chain": entry.chain.hex()}
    )
    name, body = ("body", entry.body) if _is_line(entry.body) else ("body_text", json.dumps(entry.body))
    return f'{start[:-1]}, "{name}": {body}}}\n'


def _is_line(body: str) -> bool:
    if "\n" in body or "\r" in body or not body.isascii():
        return False
    try:
        json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


class RowLines:
    """Rows as lines of JSON, for reading into a table of texts and numbers."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: Row) -> None:
        """One row."""
        clean = {key: _storable(value) if isinstance(value, str) else value for key, value in row.items()}
        self._file.write(json.dumps(clean, allow_nan=False) + "\n")


def _storable(words: str) -> str:
    """Half characters and NUL are escaped: a table of texts holds none."""
    return words.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


class Csv:
    """A CSV file with a heading; what is not known is empty."""

    def __init__(self, file: TextIO, columns: Columns) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._columns = tuple(columns)
        self._writer.writerow(self._columns)

    def write(self, row: Row) -> None:
        """One row."""
        self._writer.writerow([_cell(row.get(column)) for column in self._columns])


def _cell(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
