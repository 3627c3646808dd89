"""The ways in which a disk fails here, and the shim that lets chosen calls fail in them."""

import ctypes
import errno
import shutil
import subprocess
from enum import Enum, unique
from pathlib import Path
from typing import Final

import attrs

SOURCE: Final = Path(__file__).with_name("failing.c")
_SYNC, _WRITE, _SIZE, _NAME = 1, 2, 4, 8
_ONCE, _FOR_GOOD, _SHORT, _SHORT_FULL = range(4)
_NEVER: Final = 1 << 40


class NoShim(Exception):
    """The shim cannot be made here. One line."""


@attrs.frozen
class Way:
    """Which calls fail, how, and with which error. `mended`: whoever writes on with the rest has lost nothing."""

    says: str
    calls: int
    how: int
    error: int
    mended: bool = False


@unique
class Flaw(Enum):
    """One way in which the disk fails."""

    SYNC_ONCE = Way("fsync: EIO, once", _SYNC, _ONCE, errno.EIO)
    SYNC = Way("fsync: EIO from then on", _SYNC, _FOR_GOOD, errno.EIO)
    FULL_ONCE = Way("write: ENOSPC, once", _WRITE, _ONCE, errno.ENOSPC)
    FULL = Way("write: ENOSPC from then on", _WRITE, _FOR_GOOD, errno.ENOSPC)
    WRITE_ONCE = Way("write: EIO, once", _WRITE, _ONCE, errno.EIO)
    READ_ONLY = Way("write: EROFS from then on", _WRITE, _FOR_GOOD, errno.EROFS)
    SHORT = Way("write: half of it, once", _WRITE, _SHORT, 0, mended=True)
    SHORT_FULL = Way("write: half of it, then ENOSPC", _WRITE, _SHORT_FULL, errno.ENOSPC)
    SIZE = Way("ftruncate: EIO from then on", _SIZE, _FOR_GOOD, errno.EIO)
    NAME = Way("unlink, link and rename: EIO from then on", _NAME, _FOR_GOOD, errno.EIO)


def built(folder: Path) -> Path:
    """The shim, compiled into a folder. Raises NoShim."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoShim("no C compiler is installed: the failing disk needs one (on Debian: apt-get install gcc)")
    target = folder / "failing.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(target), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoShim(f"{SOURCE.name} does not compile: {done.stderr.strip()[-300:]}")
    return target


class Shim:
    """The shim of this process, which was started with it."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self._arm = self._library.failing_arm
        self._arm.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
        self._hits, self._counted = self._library.failing_hits, self._library.failing_counted
        self._hits.restype = self._counted.restype = ctypes.c_long

    def arm(self, record: Path, flaw: Flaw, nth: int) -> None:
        """Let the `nth` call of the flaw's kind on the record's files fail, counted from now."""
        way = flaw.value
        self._arm(str(record).encode(), way.calls, way.how, way.error, nth)

    def watch(self, record: Path) -> None:
        """Count all calls, and let none fail."""
        self._arm(str(record).encode(), _SYNC | _WRITE | _SIZE | _NAME, _ONCE, 0, _NEVER)

    def count(self, record: Path, flaw: Flaw) -> None:
        """Count the calls of the flaw's kind, and let none fail."""
        self.arm(record, flaw, _NEVER)

    def disarm(self) -> None:
        """Let nothing fail any more."""
        self._library.failing_disarm()

    @property
    def hits(self) -> int:
        """How many calls have failed since it was armed."""
        return int(self._hits())

    @property
    def counted(self) -> int:
        """How many calls of the kind there have been since then."""
        return int(self._counted())
