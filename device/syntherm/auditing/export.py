"""Exports of one record: JSON lines, CSV, Parquet, and a bundle to hand over. The record is only read."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from syntherm.auditing.bundle import Bundle, write_bundle
from syntherm.auditing.entries import entries
from syntherm.auditing.lines import Csv, RowLines, entry_line
from syntherm.auditing.parquet import to_parquet
from syntherm.auditing.place import Staged, check_place, refuse_existing, staged
from syntherm.auditing.rows import ENTRIES, IMAGES, Row
from syntherm.auditing.tables import WHOLE, tabulate

_IN_CSV: Final = {"entries": ENTRIES, "images": IMAGES}
"""The tables of one record's export. In CSV without bodies and chain, which stand in the JSON lines."""


@attrs.frozen
class Wanted:
    """Which exports."""

    jsonl: bool = False
    csv: bool = False
    parquet: bool = False
    bundle: Bundle | None = None


def names(record: Path, wanted: Wanted) -> list[str]:
    """Names of the files that an export makes."""
    found = ["entries.jsonl"] * wanted.jsonl
    found += ["entries.csv", "images.csv"] * wanted.csv
    found += ["entries.parquet", "images.parquet"] * wanted.parquet
    found += ["bundle.zip"] * (wanted.bundle is not None)
    return [f"{record.stem}.{name}" for name in found]


def export(record: Path, out: Path, wanted: Wanted) -> tuple[list[Path], list[str]]:
    """Write what is wanted into a folder, all or nothing. Returns the files, and what is wrong with the record.

    Raises UnreadableRecord, BadInput, OSError.
    """
    check_place(out, (record,))
    refuse_existing([out / name for name in names(record, wanted)])
    warnings: list[str] = []
    with staged(out) as stage:
        if wanted.jsonl or wanted.bundle is not None:
            _lines(record, stage, kept=wanted.jsonl)
        if wanted.csv or wanted.parquet:
            _tables(record, stage, wanted)
        if wanted.bundle is not None:
            target = stage.path(f"{record.stem}.bundle.zip")
            warnings = write_bundle(record, wanted.bundle, _lines_path(record, stage, wanted.jsonl), target)
        return stage.publish(), warnings


def _lines_path(record: Path, stage: Staged, kept: bool) -> Path:
    name = f"{record.stem}.entries.jsonl"
    return stage.path(name) if kept else stage.scratch(name)


def _lines(record: Path, stage: Staged, *, kept: bool) -> None:
    with _lines_path(record, stage, kept).open("x", encoding="ascii", newline="") as file:
        for entry in entries(record):
            file.write(entry_line(entry))


def _tables(record: Path, stage: Staged, wanted: Wanted) -> None:
    scratch = {name: stage.scratch(f"{name}.rows") for name in _IN_CSV}
    sinks: dict[str, list[Callable[[Row], object]]] = {name: [] for name in WHOLE}
    with ExitStack() as files:
        for name, columns in _IN_CSV.items():
            if wanted.csv:
                path = stage.path(f"{record.stem}.{name}.csv")
                text = files.enter_context(path.open("x", encoding="utf-8", errors="backslashreplace", newline=""))
                sinks[name].append(Csv(text, columns).write)
            if wanted.parquet:
                sinks[name].append(RowLines(files.enter_context(scratch[name].open("x", encoding="ascii"))).write)
        for name, row in tabulate(record):
            for write in sinks[name]:
                write(row)
    if wanted.parquet:
        for name in _IN_CSV:
            to_parquet(scratch[name], WHOLE[name], stage.path(f"{record.stem}.{name}.parquet"))
