"""Files that people write: the treatment plan, the site file and the register of people."""

import os
import tempfile
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from syntherm.core.plan.problems import PlanRefused, Problem
from syntherm.core.plan.reader import read_plan
from syntherm.session.plan_file import PlanFileRefused, load_plan
from syntherm.session.register import RegisterRefused, read_register
from syntherm.site.file import SiteFileRefused, load_site
from syntherm.site.reader import SiteRefused, read_site
from syntherm_verify.fuzzing import extremes
from syntherm_verify.fuzzing.plain import plain
from syntherm_verify.fuzzing.target import Target, demand, one_line

T = TypeVar("T")
_PLANS: Final = Path(__file__).parents[2] / "plans"
_BY_FILE: Final = 8
_LARGE: Final = 64 << 20
"""tomllib keeps every key of a document several times."""


@cache
def _scratch() -> Path:
    """A file that is written anew for each input; in memory if the system has that."""
    memory = Path("/dev/shm")  # noqa: S108
    handle, name = tempfile.mkstemp(prefix="syntherm-fuzz-", dir=memory if memory.is_dir() else None)
    os.close(handle)
    path = Path(name)
    path.unlink()
    return path


def laid(data: bytes, read: Callable[[Path], T], suffix: str = "") -> T:
    """What `read` makes of a file with these bytes."""
    path = _scratch().with_suffix(suffix)
    path.write_bytes(data)
    path.chmod(0o600)
    try:
        return read(path)
    finally:
        path.unlink()


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _seldom(data: bytes) -> bool:
    """The way over a file is the same and takes as long: one input in a few goes it."""
    return zlib.crc32(data) % _BY_FILE != 0


def _problems(problems: Iterable[Problem], text: str) -> None:
    """Each problem is one line, and stands on a line of the file. Raises Broken."""
    lines = text.count("\n") + 1
    found = list(problems)
    demand(bool(found), "refused without a problem")
    for problem in found:
        one_line(str(problem))
        demand(1 <= problem.line <= lines, f"line {problem.line} of {lines}")


def _plan(data: bytes) -> None:
    _read_or_refused(data, read_plan, lambda path: load_plan(path)[0], PlanRefused, PlanFileRefused)


def _site(data: bytes) -> None:
    _read_or_refused(data, read_site, load_site, SiteRefused, SiteFileRefused)


def _read_or_refused(
    data: bytes,
    read: Callable[[str], object],
    load: Callable[[Path], object],
    refused: type[PlanRefused] | type[SiteRefused],
    file_refused: type[Exception],
) -> None:
    """A text is read or refused by its problems, and the file that holds it likewise. Raises Broken."""
    text, first = _text(data), None
    if text is not None:
        try:
            first = read(text)
        except refused as because:
            _problems(because.problems, text)
    if _seldom(data):
        return
    try:
        loaded = laid(data, load)
    except file_refused as because:
        one_line(str(because))
    except refused:
        demand(first is None, "the file is refused, its text is not")
    else:
        demand(plain(loaded) == plain(first), "the file holds something else than its text")


def _people(data: bytes) -> None:
    try:
        laid(data, read_register)
    except RegisterRefused as refused:
        one_line(str(refused))


def _plan_seeds() -> Iterable[bytes]:
    for path in sorted(_PLANS.glob("*.toml")):
        data = path.read_bytes()
        yield data
        yield data[: data.index(b"\n[", 400)]
        yield from extremes.swollen(data[: data.index(b"\n[", 2000)], extremes.TOML)
    yield b"[identity]\ntitle = { value = 'a', source = 'b' }\n[[guard]]\nname = 1979-05-27T07:32:00Z\n"


def _site_seeds() -> Iterable[bytes]:
    from syntherm_sim.wire.site_files import Ports, write_site

    ports = Ports("/dev/a", "/dev/b", "/dev/c", "/dev/d", 9002, "guardian.sock", "/dev/e", 2.5, 0.1)
    with tempfile.TemporaryDirectory(prefix="syntherm-fuzz-") as folder:
        data = write_site(Path(folder), ports, 1).read_bytes()
    yield data
    yield data.replace(b'"openlifu"', b'"tpo"')
    yield data[: data.index(b"[mrd]")]
    yield from extremes.swollen(data[: data.index(b"[mrd]")], extremes.TOML)


def _people_seeds() -> Iterable[bytes]:
    from syntherm.session.register import add, enrol

    with tempfile.TemporaryDirectory(prefix="syntherm-fuzz-") as folder:
        path = Path(folder) / "people.toml"
        add(path, enrol("operator-a", "operator a", "radiographer", "a secret"))
        yield path.read_bytes()
        add(path, enrol("physicist-b", 'physicist "b"', "physicist", "another secret"))
        yield path.read_bytes()
        yield from extremes.swollen(path.read_bytes(), extremes.TOML)
    yield b"person = [1]\n"
    yield b"person = " + b"[" * 1500


TARGETS: Final = {
    "plan": Target(_plan, _plan_seeds, longest=24_000, peak_bytes=_LARGE),
    "site": Target(_site, _site_seeds, longest=8192, peak_bytes=_LARGE),
    "people": Target(_people, _people_seeds, longest=4096, peak_bytes=_LARGE),
}
