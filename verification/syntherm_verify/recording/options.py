"""What the commands about the record share: kinds of numbers on the command line, exit codes, a place to work."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

HOLDS: Final = 0
FAILED: Final = 1
BAD_INPUT: Final = 2
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where there is one, thousands of small files cost no disk


def whole(text: str) -> int:
    """A whole number, 0 or more. Raises ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number, 0 or more")
    return int(text)


def count(text: str) -> int:
    """A whole number, 1 or more. Raises ArgumentTypeError."""
    if whole(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number, 1 or more")
    return int(text)


def folder(*, in_memory: bool) -> "tempfile.TemporaryDirectory[str]":
    """A folder that goes away: on the disk, or in memory if the system has that."""
    where = str(IN_MEMORY) if in_memory and IN_MEMORY.is_dir() else None
    return tempfile.TemporaryDirectory(prefix="syntherm-verify-", dir=where)
