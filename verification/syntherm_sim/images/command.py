"""`syntherm-sim images DIR`: heat real images by a known amount and compare what the session makes of them."""

import argparse
import sys
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import NoReturn

from syntherm.qa.errors import BadInput, bad
from syntherm_sim.images.experiment import Experiment, heat_images
from syntherm_sim.images.fitted_plan import ASSUMED_ECHO_SPACING_MS, ASSUMED_FIELD_T, Acquisition
from syntherm_sim.images.picture import draw
from syntherm_sim.images.report import as_json, as_text
from syntherm_sim.images.still import read_still

PASSED, FAILED, BAD_INPUT = 0, 1, 2
MOST_HEAT_DEGC = 20.0
MOST_FRAMES = 200
FIGURES, PICTURE = "images.json", "images.png"


def images(arguments: Sequence[str]) -> int:
    """Run it; print the table or JSON. Returns 0 passed, 1 failed, 2 bad input (one line on standard error)."""
    try:
        options = _parser().parse_args(arguments)
        still = read_still(options.folder, options.echo)
        echo_time_ms = options.echo_time_ms or ASSUMED_ECHO_SPACING_MS * still.echo
        acquisition = Acquisition(options.field_T, echo_time_ms)
        _make(options.out)
        done = heat_images(still, acquisition, options.heat, options.frames, options.seed)
        _write(options.out, done)
    except BadInput as error:
        print(f"syntherm-sim images: {error}", file=sys.stderr)
        return BAD_INPUT
    print(as_json(done) if options.json else as_text(done))
    return PASSED if done.passed else FAILED


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad(out, f"no place to write ({error.strerror})", "a folder for figures and picture") from error


def _write(out: Path, done: Experiment) -> None:
    try:
        (out / FIGURES).write_text(as_json(done) + "\n", encoding="utf-8")
        draw(out / PICTURE, done)
    except OSError as error:
        raise bad(out, f"no place to write ({error.strerror})", "a folder for figures and picture") from error


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in the one line that every other bad input gets."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="syntherm-sim images",
        description="Write a known heating into real MR images and compare it with what the session measures.",
        epilog="Exit status: 0 every bar cleared, 1 not, 2 bad input. Not for clinical use.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="Mag.nii and Phase.nii, both (x, y, z, echo)")
    parser.add_argument("--heat", type=_heat, required=True, metavar="PEAK_degC", help="peak of the hot spot, 0 to 20")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=f"for {FIGURES} and {PICTURE}")
    parser.add_argument("--frames", type=_frames, default=10, metavar="N", help="heating frames (default 10)")
    parser.add_argument("--seed", type=_seed, default=1, metavar="S", help="of noise and field (default 1)")
    parser.add_argument("--echo", type=_frames, metavar="E", help="echo to use, from 1 (default: the last)")
    parser.add_argument(
        "--field-T", type=_field, default=ASSUMED_FIELD_T, metavar="T", help="assumed field (default %(default)s)"
    )
    parser.add_argument(
        "--echo-time-ms", type=_echo_time, metavar="MS", help="assumed echo time (default: 4 for each echo)"
    )
    parser.add_argument("--json", action="store_true", help="print only JSON")
    return parser


def _heat(text: str) -> float:
    return _number(text, "a heating of 0 to 20 degC", 0.0, MOST_HEAT_DEGC)


def _field(text: str) -> float:
    return _number(text, "a field of 0.2 to 7 T", 0.2, 7.0)


def _echo_time(text: str) -> float:
    return _number(text, "an echo time of 1 to 60 ms", 1.0, 60.0)


def _frames(text: str) -> int:
    return _whole(text, 1, MOST_FRAMES)


def _seed(text: str) -> int:
    return _whole(text, 0, 2**32 - 1)


def _number(text: str, expected: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or not low <= value <= high:
        raise argparse.ArgumentTypeError(f"found {text}; expected {expected}")
    return value


def _whole(text: str, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"found {text}; expected a whole number from {low} to {high}")
    return value
