"""The plan's way from disk to the core's reader. What is not a small text file is refused before it is read."""

from pathlib import Path

from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan

MAX_BYTES = 256 * 1024


class PlanFileRefused(Exception):
    """The file cannot be a plan; the message is one line that names the file and the reason."""


def load_plan(path: Path) -> tuple[Plan, str]:
    """The plan of a session that is to begin, and the text that it was read from.

    Raises PlanFileRefused for the file, PlanRefused for its content.
    """
    data = _contents(path)
    if not data:
        raise PlanFileRefused(f"{path}: found an empty file, expected a treatment plan")
    if b"\0" in data:
        raise PlanFileRefused(f"{path}: found a binary file, expected a treatment plan in UTF-8 text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlanFileRefused(f"{path}: line {line}: found bytes that are not UTF-8, expected UTF-8 text") from None
    return read_plan(text, begin=True), text


def _contents(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise PlanFileRefused(f"{path}: found a directory, expected a treatment plan file")
        if path.exists() and not path.is_file():
            raise PlanFileRefused(f"{path}: found a device or pipe, expected a treatment plan file")
        size = path.stat().st_size
        if size <= MAX_BYTES:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            size = len(data)  # the file may have grown meanwhile
    except FileNotFoundError:
        raise PlanFileRefused(f"{path}: found no such file, expected a treatment plan") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        found = f"found a file that cannot be read ({reason})"
        raise PlanFileRefused(f"{path}: {found}, expected a treatment plan") from None
    if size > MAX_BYTES:
        raise PlanFileRefused(f"{path}: found {size} bytes or more, expected at most {MAX_BYTES}")
    return data
