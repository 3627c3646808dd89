"""`python -m syntherm.dicom CONFIG.toml`: take DICOM from a scanner and pass whole volumes on, until it is ended."""

import argparse
import importlib.util
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

BAD_INPUT = 2
_NEEDED = ("pydicom", "pynetdicom")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when told to end, 2 for what cannot be used to begin with."""
    parser = argparse.ArgumentParser(prog="python -m syntherm.dicom", description=__doc__)
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")
    path: Path = parser.parse_args(arguments).config
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"found no {' and no '.join(missing)}, expected the extra: pip install syntherm[dicom]", file=sys.stderr)
        return BAD_INPUT
    # The library's warnings hold what came from outside, as it came.
    warnings.simplefilter("ignore")
    return _run(path)


def _run(path: Path) -> int:
    from syntherm.dicom.config import ConfigRefused, load_config
    from syntherm.dicom.library import tag_of
    from syntherm.dicom.process import Process
    from syntherm.dicom.server import ListenRefused

    ended: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        ended.append(number)

    try:
        config = load_config(path, tag_of)
        process = Process(config, _say)
    except (ConfigRefused, ListenRefused) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    host, port = process.address
    print(
        f"dicom: {config.listen.ae_title} at {host}:{port}; research software, not cleared for clinical use", flush=True
    )
    process.run(lambda: bool(ended))
    process.close()
    return 0


def _say(line: str) -> None:
    print(f"dicom: {line}", file=sys.stderr, flush=True)
