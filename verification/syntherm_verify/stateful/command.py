"""`syntherm-verify stateful`: sessions under anything that people, images and equipment do, at random and at length."""

import argparse
import sys
import time
from typing import Final

from syntherm_verify.stateful.run import REACHABLE, STATES, portions
from syntherm_verify.stateful.tally import Tally

_PORTIONS_PER_SEED: Final = 1_000_000
_SECONDS_PER_LINE: Final = 60.0
SOUND: Final = 0
FAILED: Final = 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify stateful",
        description="Drive the shipped session loop with random people, images and equipment; judge every step.",
        epilog="exit codes: 0 every session held, 1 one failed (it is printed, shrunk to few rules), 2 bad input",
    )
    parser.add_argument("--rules", type=_count, required=True, metavar="N", help="rules to execute, at least")
    parser.add_argument("--seed", type=_whole, default=1, metavar="S", help="which sessions (default 1)")
    parser.add_argument("--workers", type=_count, default=2, metavar="W", help="processes (default 2)")
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number, 0 or more")
    return int(text)


def _count(text: str) -> int:
    if _whole(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number, 1 or more")
    return int(text)


def stateful(arguments: list[str]) -> int:
    """Run the command; the exit code says whether every session held."""
    options = _parser().parse_args(arguments)
    began_s = told_s = time.perf_counter()
    tally = Tally()
    for portion in portions(options.rules, options.seed * _PORTIONS_PER_SEED, options.workers):
        tally.add(portion.tally)
        if portion.failure is not None:
            print(portion.failure, file=sys.stderr)
            print(f"a session failed; {_figures(tally, time.perf_counter() - began_s)}")
            return FAILED
        if time.perf_counter() - told_s > _SECONDS_PER_LINE:
            told_s = time.perf_counter()
            print(_figures(tally, told_s - began_s), flush=True)
    missing = [code.value.code for code in REACHABLE if code not in tally.codes]
    missing += sorted(STATES - tally.states)
    if missing:
        print("not reached: " + ", ".join(missing))
    print(_figures(tally, time.perf_counter() - began_s))
    return SOUND


def _figures(tally: Tally, seconds: float) -> str:
    codes = len(REACHABLE & tally.codes.keys())
    return (
        f"{tally.rules} rules ({tally.steps} steps) in {seconds:.1f} s, {tally.rules / seconds * 60.0:.0f} rules/min; "
        f"reached {codes} of {len(REACHABLE)} fault codes and {len(tally.states)} of {len(STATES)} states"
    )
