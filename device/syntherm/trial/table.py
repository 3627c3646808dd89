"""Rows for people and for programs: a table, CSV or JSON."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from syntherm.auditing.looks import short

Say = Callable[[str], None]
Cells = Sequence[object]
_WIDEST: Final = 60


def as_table(columns: Sequence[str], rows: Iterable[Cells], say: Say, widest: int = _WIDEST) -> None:
    """Aligned columns, numbers to the right; long texts are cut."""
    cells = [[_shown(value, widest) for value in row] for row in rows]
    numeric = [all(_is_number(row[i]) for row in cells) for i in range(len(columns))]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    for row in ([short(name, widest) for name in columns], *cells):
        parts = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        say("  ".join(parts).rstrip())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell == ""
    return True


def _shown(value: object, widest: int) -> str:
    return short(_text(value), widest)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def as_csv(columns: Sequence[str], rows: Iterable[Cells], say: Say) -> None:
    """CSV with a heading; what is not known is empty."""
    say(_csv_line(columns))
    for row in rows:
        say(_csv_line([_text(value) for value in row]))


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def as_json(columns: Sequence[str], rows: Iterable[Cells], say: Say) -> None:
    """One JSON object a line."""
    for row in rows:
        say(json.dumps(dict(zip(columns, row, strict=True)), default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)
