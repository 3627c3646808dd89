"""Where exports go: never into or beside a record, never over a file, never half."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syntherm.auditing.console import BadInput


def check_place(out: Path, records: tuple[Path, ...]) -> None:
    """Refuse a folder that is, or lies within, the folder of a record. Raises BadInput."""
    place = out.resolve()
    for record in records:
        home = record.resolve().parent
        if place == home or home in place.parents:
            raise BadInput(f"{out}: lies in the folder of {record}; expected a folder elsewhere, beside no record")
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: is a file; expected a folder")


class Staged:
    """Files in the making. `publish` gives them their names, all or none."""

    def __init__(self, out: Path, folder: Path) -> None:
        self._out, self._folder = out, folder
        self._names: list[str] = []

    def path(self, name: str) -> Path:
        """Where to write the file that will be called `name`."""
        if name not in self._names:
            self._names.append(name)
        return self._folder / name

    def scratch(self, name: str) -> Path:
        """Where to write what will not be kept."""
        return self._folder / f"scratch.{name}"

    def publish(self) -> list[Path]:
        """Durable, and under their names. Raises BadInput if one is taken by now, OSError."""
        targets = [self._out / name for name in self._names]
        refuse_existing(targets)
        for name in self._names:
            with (self._folder / name).open("rb+") as file:
                os.fsync(file.fileno())
        done: list[Path] = []
        try:
            for name, target in zip(self._names, targets, strict=True):
                (self._folder / name).rename(target)
                done.append(target)
        except OSError:
            for target in done:
                target.unlink(missing_ok=True)
            raise
        return targets


def refuse_existing(targets: list[Path]) -> None:
    """Raises BadInput for the first that is there already."""
    for target in targets:
        if target.exists() or target.is_symlink():
            raise BadInput(f"{target}: exists already; expected a new name: an export never replaces a file")


@contextmanager
def staged(out: Path) -> Iterator[Staged]:
    """Files in the making beside where they will lie; whatever was not published is gone afterwards. Raises OSError."""
    made = _make(out)
    folder = Path(tempfile.mkdtemp(prefix=".export-", dir=out))
    published = False
    try:
        yield Staged(out, folder)
        published = True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not published:
            for each in made:
                if not any(each.iterdir()):
                    each.rmdir()


def _make(out: Path) -> list[Path]:
    """Make a folder and those above it; returns the new ones, innermost first."""
    missing = [each for each in (out, *out.parents) if not each.exists()]
    out.mkdir(parents=True, exist_ok=True)
    return missing
