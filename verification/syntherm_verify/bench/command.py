"""`syntherm-verify bench record`: what the record costs, each time beside what the machine does in the same minutes.

`syntherm-verify bench control` compares controllers: `control.py`. `bench frames` follows one image: `frames.py`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.bench.appends import appends, frames
from syntherm_verify.bench.figures import Figure
from syntherm_verify.bench.images import large_plan
from syntherm_verify.bench.session import session
from syntherm_verify.bench.verifying import Unsound, verifying
from syntherm_verify.recording.options import FAILED, HOLDS, count, folder


@attrs.frozen
class Extent:
    """How much is measured. A bar that needs more than is measured is not judged."""

    rounds: int
    each: int
    images: int
    sizes: tuple[int, ...]
    minutes: float


SHORT: Final = Extent(15, 40, 10, (1_000, 10_000), 3.0)
DEFAULT: Final = Extent(31, 100, 60, (10_000, 100_000, 1_000_000), 10.0)
FULL: Final = attrs.evolve(DEFAULT, minutes=90.0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify bench",
        description="Measure the record: durable appends, images, verification, size, execution; the controllers; or "
        "the way of an image.",
        epilog="exit codes: 0 every bar that was judged holds, 1 one is missed, 2 bad input",
    )
    parser.add_argument("what", choices=("record", "control", "frames"))
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--short", action="store_const", const=SHORT, dest="extent", help="seconds, for every change")
    extent.add_argument("--full", action="store_const", const=FULL, dest="extent", help="with a session of 90 minutes")
    parser.add_argument("--patients", type=int, default=8, help="control: the first so many of the published set")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="control: begin with the N-th of them")
    parser.add_argument("--results", type=Path, metavar="FILE", help="control: keep each day; run no one twice")
    parser.add_argument("--page", type=Path, metavar="FILE", help="control: write it and its picture from --results")
    parser.add_argument("--minutes", type=float, default=20.0, help="control: of heating, for each controller")
    parser.add_argument("--steps", type=count, help="control: only the time of so many decisions, on large images")
    parser.add_argument("--images", type=count, default=60, help="frames: of each protocol")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    parser.set_defaults(extent=DEFAULT)
    return parser


def bench(arguments: list[str]) -> int:
    """Run the command; the exit code says whether every bar that was judged holds."""
    options = _parser().parse_args(arguments)
    if options.what == "control":
        # The physics is compiled when it is first imported: only who asks for it waits.
        from syntherm_verify.bench.control import Asked, control, timed_steps
        from syntherm_verify.bench.control_page import write_page

        if options.steps is not None:
            return timed_steps(options.steps, options.json)
        if options.page is not None:
            return write_page(options.page, options.results, options.minutes)
        return control(Asked(options.first, options.patients, options.minutes, options.results), options.json)
    if options.what == "frames":
        from syntherm_verify.bench.frames import frames as image_to_lease

        return image_to_lease(options.images, options.json)
    found: list[Figure] = []
    try:
        with folder(in_memory=False) as name:
            for figure in _figures(Path(name), options.extent):
                found.append(figure)
                if not options.json:
                    print(figure.line(), flush=True)
    except Unsound as error:
        print(error, file=sys.stderr)
        return FAILED
    missed = [figure for figure in found if not figure.holds]
    judged = [figure for figure in found if figure.judged]
    if options.json:
        print(json.dumps({"figures": [figure.values() for figure in found], "holds": not missed}))
    else:
        print("record: " + ", ".join(figure.short() for figure in judged))
    return FAILED if missed else HOLDS


def _figures(place: Path, extent: Extent) -> Iterator[Figure]:
    yield from appends(place, extent.rounds, extent.each)
    yield from frames(place, extent.images)
    yield from verifying(place, extent.sizes)
    yield from session(place, large_plan(), extent.minutes)
