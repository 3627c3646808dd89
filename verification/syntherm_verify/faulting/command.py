"""`syntherm-verify faults`: every fault of every simulated device at every energised moment, and sampled pairs."""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from syntherm.ports.equipment import PortError
from syntherm.ports.record import AuditFailed
from syntherm.session.loop import SessionFailed
from syntherm_verify.faulting.campaign import Campaign, pairs, singles
from syntherm_verify.faulting.faults import CANNOT
from syntherm_verify.faulting.tally import Tally
from syntherm_verify.faulting.trial import Trial, named
from syntherm_verify.recording.options import BAD_INPUT, FAILED, HOLDS, count, folder, whole


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify faults",
        description="Switch every fault on while heat and drug flow; demand a safe end, the right name and a text.",
        epilog="exit codes: 0 every fault ended as demanded, 1 otherwise, 2 bad input",
    )
    parser.add_argument("--pairs", type=whole, default=0, metavar="N", help="besides, so many pairs of faults")
    parser.add_argument("--sample", type=count, metavar="N", help="only so many trials, chosen by the seed")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="which moments, which patient (default 1)")
    parser.add_argument("--only", metavar="NAME", help="only this trial, as it was printed, or this fault or device")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


def _chosen(options: argparse.Namespace) -> list[Trial]:
    if options.only is not None and "+" in options.only:
        one = named(options.only)
        return [] if one is None else [one]
    trials = singles() + pairs(options.pairs, options.seed)
    if options.only is not None:
        return [t for t in trials if options.only in (t.name, t.name.partition("@")[0], t.faults[0].device)]
    if options.sample is not None and options.sample < len(trials):
        return random.Random(f"{options.seed} sample").sample(trials, options.sample)
    return trials


def faults(arguments: list[str]) -> int:
    """Run the command; the exit code says whether every fault ended as demanded."""
    options = _parser().parse_args(arguments)
    trials, tally, began_s = _chosen(options), Tally(), time.perf_counter()
    if not trials:
        print(f"--only: found {ascii(options.only)[:60]}, expected a trial, a fault or a device", file=sys.stderr)
        return BAD_INPUT
    try:
        with folder(in_memory=True) as name:
            Campaign(trials, options.seed, Path(name), tally.take).run()
    except (PortError, AuditFailed, SessionFailed, OSError) as error:
        print(f"the day could not be lived: {error}", file=sys.stderr)
        return BAD_INPUT
    seconds = time.perf_counter() - began_s
    if options.json:
        print(json.dumps({**tally.values(), "cannot": dict(CANNOT), "seconds": seconds}))
        return HOLDS if tally.holds else FAILED
    if options.only is None and options.sample is None:
        print("\n".join(f"cannot be: {fault}: {why}" for fault, why in CANNOT.items()))
    print("\n".join([*tally.lines(), tally.figure(seconds)]))
    return HOLDS if tally.holds else FAILED
