"""The site file's way from disk to its reader. What is not a small text file is refused before it is read."""

import os
import stat
from pathlib import Path
from typing import Final

from syntherm.site.reader import read_site
from syntherm.site.values import Site

MAX_BYTES: Final = 256 * 1024
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class SiteFileRefused(Exception):
    """The file cannot be a site file; the message is one line that names the file and the reason."""


def load_site(path: Path) -> Site:
    """The site. Raises SiteFileRefused for the file, SiteRefused for its content.

    Others must not be able to write it: it holds the scales by which power is set.
    """
    data = _contents(path)
    if not data or b"\0" in data:
        raise SiteFileRefused(f"{path}: found {'a binary' if data else 'an empty'} file, expected a site file")
    try:
        return read_site(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SiteFileRefused(f"{path}: line {line}: found bytes that are not UTF-8, expected UTF-8 text") from None


def beside(path: Path, name: str) -> Path:
    """A file that a site file names: from the site file's own folder, unless the name is absolute."""
    return path.resolve().parent / name


def _contents(path: Path) -> bytes:
    try:
        # Not blocking: a pipe without a writer would keep the open waiting.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise SiteFileRefused(f"{path}: found a device, pipe or folder, expected a site file")
            if mode & _OTHERS_WRITE:
                found = f"found a file that others can write (mode {stat.S_IMODE(mode):04o})"
                raise SiteFileRefused(f"{path}: {found}, expected 0644 or less")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SiteFileRefused(f"{path}: found nothing that can be read ({reason}), expected a site file") from None
    if len(data) > MAX_BYTES:
        raise SiteFileRefused(f"{path}: found more than {MAX_BYTES} bytes, expected at most as many")
    return data
