"""What a process asked of the file system, from a trace of its system calls."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

_CALLS: Final = (
    "openat,close,write,pwrite64,ftruncate,fsync,fdatasync,fallocate,"
    "unlink,unlinkat,rename,renameat,renameat2,link,linkat"
)
_STRANGE: Final = (
    "creat,openat2,truncate,writev,pwritev,pwritev2,sendfile,copy_file_range,symlink,symlinkat,mknod,mknodat,"
    "sync_file_range,sync,syncfs"
)
"""Calls that change files as well, and that nobody here makes: the model of the disk does not know them."""
_LINE: Final = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_LONGEST: Final = 1 << 24


class NoTrace(Exception):
    """The trace cannot be made here, or holds what nobody expected. One line."""


@attrs.frozen
class Create:
    """A new, empty file."""

    name: str


@attrs.frozen
class Write:
    """Bytes at a place in a file."""

    name: str
    offset: int
    data: bytes


@attrs.frozen
class Truncate:
    """A file's new size."""

    name: str
    size: int


@attrs.frozen
class Allocate:
    """A file has at least this size: what is new holds zeros."""

    name: str
    size: int


@attrs.frozen
class Sync:
    """A file's content is on the disk; `name` is empty for the folder itself."""

    name: str


@attrs.frozen
class Unlink:
    """A name goes."""

    name: str


@attrs.frozen
class Rename:
    """A name becomes another."""

    name: str
    to: str


@attrs.frozen
class Link:
    """A file has another name, too."""

    name: str
    to: str


@attrs.frozen
class Acknowledge:
    """The writer says that a write has returned."""

    said: str


Operation = Create | Write | Truncate | Allocate | Sync | Unlink | Rename | Link | Acknowledge


def traced(folder: Path, program: Sequence[str], acknowledged: str) -> tuple[Operation, ...]:
    """Run a program, and tell what it asked of files in a folder. What it writes to `acknowledged` is what it says.

    Raises NoTrace.
    """
    strace = shutil.which("strace")
    if strace is None:
        raise NoTrace("strace is not installed: the power-loss trials need it (on Debian: apt-get install strace)")
    log = folder / "trace"
    command = [strace, "-qq", "-xx", "-s", str(_LONGEST), "-e", f"trace={_CALLS},{_STRANGE}", "-o", str(log)]
    done = subprocess.run([*command, sys.executable, *program], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoTrace(f"the traced writer ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    with log.open(encoding="ascii", errors="replace") as lines:
        return tuple(_Reader(folder, acknowledged).operations(lines))


class _Reader:
    """Follows file descriptors through a trace."""

    def __init__(self, folder: Path, acknowledged: str) -> None:
        self._folder, self._acknowledged = str(folder), acknowledged
        self._open: dict[int, str] = {}
        self._places: dict[int, int] = {}
        self._known: set[str] = set()

    def operations(self, lines: Iterator[str]) -> Iterator[Operation]:
        """What happened in the folder, in its order."""
        for line in lines:
            found = _LINE.match(line)
            if found is None or int(found[3]) < 0:
                continue
            call, arguments, result = found[1], found[2], int(found[3])
            if call == "openat":
                yield from self._opened(arguments, result)
            elif call.startswith(("unlink", "rename", "link")):
                yield from self._named(call, arguments)
            elif call in _STRANGE.split(","):
                self._refuse(call, arguments)
            else:
                descriptor = int(arguments.split(",")[0])
                if descriptor in self._open:
                    yield from self._called(call, descriptor, arguments, result)

    def _refuse(self, call: str, arguments: str) -> None:
        file, names = arguments.split(",")[0], " ".join(text.decode(errors="replace") for text in _texts(arguments))
        if self._folder in names or (file.isdecimal() and int(file) in self._open):
            raise NoTrace(f"{call} is not known to the model of the disk")

    def _opened(self, arguments: str, descriptor: int) -> Iterator[Operation]:
        path = _texts(arguments)[0].decode(errors="replace")
        self._open.pop(descriptor, None)
        if path == self._folder:
            self._open[descriptor] = ""
        elif Path(path).parent == Path(self._folder):
            name = Path(path).name
            self._open[descriptor], self._places[descriptor] = name, 0
            if "O_CREAT" in arguments and name not in self._known:
                self._known.add(name)
                yield Create(name)
            elif "O_TRUNC" in arguments:
                yield Truncate(name, 0)

    def _named(self, call: str, arguments: str) -> Iterator[Operation]:
        paths = [Path(text.decode(errors="replace")) for text in _texts(arguments)]
        if str(paths[0].parent) != self._folder:
            return
        if call.startswith("link"):
            self._known.add(paths[1].name)
            yield Link(paths[0].name, paths[1].name)
            return
        self._known.discard(paths[0].name)
        if call.startswith("unlink"):
            yield Unlink(paths[0].name)
        else:
            self._known.add(paths[1].name)
            yield Rename(paths[0].name, paths[1].name)

    def _called(self, call: str, descriptor: int, arguments: str, result: int) -> Iterator[Operation]:
        name = self._open[descriptor]
        if call == "close":
            del self._open[descriptor]
        elif call in ("fsync", "fdatasync"):
            yield Sync(name)
        elif call == "ftruncate":
            yield Truncate(name, int(arguments.split(",")[1]))
        elif call in ("write", "pwrite64"):
            yield from self._written(call, descriptor, arguments, result)
        elif call == "fallocate":
            mode, offset, length = (int(each, 0) for each in arguments.split(",")[1:])
            if mode:
                raise NoTrace(f"{name}: fallocate of mode {mode} is not known to the model of the disk")
            yield Allocate(name, offset + length)

    def _written(self, call: str, descriptor: int, arguments: str, result: int) -> Iterator[Operation]:
        name, data = self._open[descriptor], _texts(arguments)[0]
        if result != len(data):
            raise NoTrace(f"{name}: {result} of {len(data)} bytes were written")
        if name == self._acknowledged:
            yield Acknowledge(data.decode("ascii").rstrip("\n"))
            return
        offset = int(arguments.rsplit(",", 1)[1]) if call == "pwrite64" else self._places[descriptor]
        if call == "write":
            self._places[descriptor] = offset + len(data)
        yield Write(name, offset, data)


def _texts(arguments: str) -> list[bytes]:
    return [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments)]
