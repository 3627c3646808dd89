"""`syntherm-verify crash`: kill -9, power loss and failing disks, against the real writer."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Final

from syntherm_verify.crash.failures import failures
from syntherm_verify.crash.flaws import NoShim
from syntherm_verify.crash.kills import kills
from syntherm_verify.crash.power import losses, operations
from syntherm_verify.crash.scribe import Way
from syntherm_verify.crash.strace import NoTrace
from syntherm_verify.crash.tally import Tally
from syntherm_verify.recording.options import BAD_INPUT, FAILED, HOLDS, folder, whole
from syntherm_verify.recording.steps import small_steps

_FAILURES: Final = 400
_CONTROLS: Final = 200
"""Power losses of the control, at most: more than half of them lose something."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify crash",
        description="End the record's writer in every way, and demand all that it had acknowledged.",
        epilog="exit codes: 0 nothing was lost and every record opened, 1 otherwise, 2 bad input or a tool is missing",
    )
    parser.add_argument("--kills", type=whole, required=True, metavar="N", help="writers that are killed")
    parser.add_argument("--power-images", type=whole, required=True, metavar="N", help="disks after a power loss")
    parser.add_argument(
        "--failures", type=whole, metavar="N", help=f"disks that fail (default: as many, at most {_FAILURES})"
    )
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="which moments (default 1)")
    parser.add_argument("--on-disk", action="store_true", help="kill on a disk, not in memory: slower, the same calls")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


def crash(arguments: list[str]) -> int:
    """Run the command; the exit code says whether the record kept all that it must."""
    options = _parser().parse_args(arguments)
    began_s, tally = time.perf_counter(), Tally()
    try:
        _kill(options, tally)
        _lose_power(options, tally)
        _fail_disks(options, tally)
    except (NoTrace, NoShim) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    seconds = time.perf_counter() - began_s
    if options.json:
        print(json.dumps({**tally.values(), "seconds": seconds}))
    else:
        print("\n".join([*tally.lines(), tally.figure(seconds)]))
    return HOLDS if tally.holds else FAILED


def _kill(options: argparse.Namespace, tally: Tally) -> None:
    with folder(in_memory=not options.on_disk) as name:
        for kill in kills(options.kills, options.seed, Path(name), small_steps()) if options.kills else ():
            tally.kill(kill)


def _lose_power(options: argparse.Namespace, tally: Tally) -> None:
    if not options.power_images:
        return
    steps = small_steps()
    for outage in losses(options.power_images, options.seed, operations(Way.SHIPPED, len(steps)), steps):
        tally.outage(outage)
    weakened = operations(Way.NORMAL, len(steps))
    for outage in losses(min(options.power_images, _CONTROLS), options.seed, weakened, steps):
        tally.controlled(outage)


def _fail_disks(options: argparse.Namespace, tally: Tally) -> None:
    count = options.failures
    if count is None:
        count = min(_FAILURES, max(options.kills, options.power_images))
    for failure in failures(count, options.seed) if count else ():
        tally.failure(failure)
