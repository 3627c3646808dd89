"""`syntherm-verify tamper`: damages a record in every way, and asks both verifiers where."""

import argparse
import json
import time
from typing import Final

import attrs

from syntherm_verify.recording.options import FAILED, HOLDS, count, whole
from syntherm_verify.tamper.run import Tally, portions

_SECONDS_PER_LINE: Final = 60.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify tamper",
        description="Damage records at random; both verifiers must find each damage and name the first bad entry.",
        epilog="exit codes: 0 all were found and named right, 1 one was not, 2 bad input. Up to 2000 damages the "
        "independent verifier is asked about all, beyond about one in 50.",
    )
    parser.add_argument("--damages", type=count, required=True, metavar="N", help="damages to make")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="which damages (default 1)")
    parser.add_argument("--workers", type=count, default=2, metavar="W", help="processes (default 2)")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


def tamper(arguments: list[str]) -> int:
    """Run the command; the exit code says whether every damage was found and named."""
    options = _parser().parse_args(arguments)
    began_s = told_s = time.perf_counter()
    tally = Tally()
    for portion in portions(options.damages, options.seed, options.workers):
        tally.add(portion)
        if time.perf_counter() - told_s > _SECONDS_PER_LINE and not options.json:
            told_s = time.perf_counter()
            print(_figure(tally, told_s - began_s), flush=True)
    seconds = time.perf_counter() - began_s
    if options.json:
        print(json.dumps({**attrs.asdict(tally), "seconds": seconds, "holds": not tally.problems}))
    else:
        print("\n".join([*tally.told, *_table(tally), _figure(tally, seconds)]))
    return FAILED if tally.problems else HOLDS


def _table(tally: Tally) -> list[str]:
    width = max(map(len, tally.made))
    lines = [f"{'damage':{width}}    made   found   named | independent: asked   found   named"]
    for name, made in tally.made.items():
        ours = f"{made:8}{tally.found[name]:8}{tally.named[name]:8}"
        theirs = f"{tally.second[name]:19}{tally.second_found[name]:8}{tally.second_named[name]:8}"
        lines.append(f"{name:{width}}{ours} |{theirs}")
    return lines


def _figure(tally: Tally, seconds: float) -> str:
    made, second = tally.made.total(), tally.second.total()
    ours = f"{tally.found.total()} found, {tally.named.total()} named right"
    theirs = f"{tally.second_found.total()} found, {tally.second_named.total()} named right"
    return f"{made} damages in {seconds:.0f} s: {ours}; by the independent verifier, of {second}: {theirs}"
