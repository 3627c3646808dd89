"""`syntherm-verify stop-latency`: from a press or a word to what ends energy on a wire, under every load."""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path as File
from typing import Final

import attrs

from syntherm.ports.record import AuditFailed
from syntherm_verify.latency.alone_trials import WINDOW_S as ALONE_S
from syntherm_verify.latency.alone_trials import silence_alone, stops_alone
from syntherm_verify.latency.guardian_process import RunFailed
from syntherm_verify.latency.loads import SAYS, Load, Neighbours
from syntherm_verify.latency.room import Room
from syntherm_verify.latency.rows import HEADING, Judged, Row, judged
from syntherm_verify.latency.trials import WINDOW_S, Samples, operator, patient, stops
from syntherm_verify.recording.options import FAILED, HOLDS, count, folder

_SESSIONS: Final = 50
"""One stop of the session for so many of the guardian: each is a whole run of the loop."""
_SESSIONS_S: Final = 120.0
"""Longest for those of one load."""
_SILENCES: Final = 40
"""One heartbeat is withheld for so many stops of each kind: each takes its whole deadline."""
_METHOD: Final = (
    "Two series a load. The session's: each trial is a run of the shipped loop from one moment of HEATING (128x128x6, "
    "power lent, an image due), its record on disk; a look, an image and the stop fall at random into "
    f"{1000.0 * WINDOW_S:.0f} ms; one for {_SESSIONS} of --n, and no more than {_SESSIONS_S:.0f} s of them a load. The "
    "guardian's: guardians of their own are stopped and proven anew in turns, --n times by each stop, while that "
    f"session lives on under the load; image and stop fall at random into {1000.0 * ALONE_S:.0f} ms. Guardian and "
    "session are processes of their own, the stamps (CLOCK_MONOTONIC) in a third, which like the guardian has "
    "real-time priority where it may."
)


@attrs.frozen
class Found:
    """One load's samples, and what the machine did meanwhile: processes that wanted a core, over the last minute."""

    load: Load
    samples: Samples
    seconds: float
    busy: float
    ahead: bool

    def rows(self) -> list[Row]:
        """A row for each path that was measured."""
        return [Row.of(path, self.load, took) for path, took in self.samples.took_s.items() if took]

    def line(self) -> str:
        """What goes with the rows."""
        samples, alone = self.samples, self.samples.alone
        blind = "" if self.ahead else "; the watching process had no real-time priority"
        return (
            f"# {self.load.value}: {SAYS[self.load]}; guardian: {alone.in_images} of {alone.stops} stops came while an "
            f"image passed, {alone.spoiled} trials spoiled, {alone.seconds:.0f} s, the session beside it "
            f"{alone.lived}{self._lost()}; session: {samples.in_images} of {samples.stops} stops came while an image "
            f"was being answered, {len(samples.spoiled)} trials spoiled{self._because()}; "
            f"load average {self.busy:.1f}, {self.seconds:.0f} s in all{blind}"
        )

    def _lost(self) -> str:
        return "".join(f"; NEVER FELL: {each}" for each in self.samples.alone.lost[:5])

    def _because(self) -> str:
        reasons = sorted(set(self.samples.spoiled))
        return f" ({'; '.join(reasons)})" if reasons else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify stop-latency",
        description="From a stop to the byte or level that ends energy. " + _METHOD,
        epilog="exit codes: 0 every stop has a way that meets its bar, 1 one has none, 2 bad input",
    )
    parser.add_argument(
        "--n", type=count, default=200, metavar="N", help="stops for each row of the guardian (default 200)"
    )
    parser.add_argument(
        "--within", type=float, default=math.inf, metavar="S", help="end each load after so long, with fewer stops"
    )
    parser.add_argument(
        "--load", action="append", choices=[load.name.lower() for load in Load], help="this one only; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


def stop_latency(arguments: list[str]) -> int:
    """Run the command; the exit code says whether every stop has a way that meets its bar."""
    options = _parser().parse_args(arguments)
    loads = [load for load in Load if options.load is None or load.name.lower() in options.load]
    found: list[Found] = []
    if not options.json:
        print(f"{_METHOD}\n{HEADING}")
    try:
        for each in measured(options.n, loads, options.within):
            found.append(each)
            if not options.json:
                print("\n".join([*(row.line() for row in each.rows()), each.line()]), flush=True)
    except (RunFailed, AuditFailed, OSError) as error:
        print(f"stop-latency: {error}", file=sys.stderr)
        return FAILED
    demands = judged(row for each in found for row in each.rows())
    holds = all(each.holds for each in demands)
    if options.json:
        rows = [row.values() for each in found for row in each.rows()]
        notes = [each.line() for each in found]
        print(json.dumps({"rows": rows, "notes": notes, "holds": holds, "figure": _figure(demands, loads)}))
    else:
        print(_figure(demands, loads))
    return HOLDS if holds else FAILED


def _figure(demands: Sequence[Judged], loads: Sequence[Load]) -> str:
    under = "every load" if len(loads) == len(Load) else ", ".join(load.value for load in loads)
    return f"stop-latency under {under}: " + "; ".join(each.short() for each in demands)


def measured(number: int, loads: Sequence[Load], within_s: float) -> Iterator[Found]:
    """Load by load, in one room. Raises RunFailed, OSError."""
    with folder(in_memory=False) as name:
        room = Room()
        try:
            room.start(File(name))
            ahead = room.ahead()
            for load in loads:
                began_s, samples = time.monotonic(), Samples()
                room.load(load)
                with Neighbours(load is Load.NEIGHBOURS):
                    sessions_s = min(_SESSIONS_S, within_s / 3.0)
                    stops(room, samples, math.ceil(number / _SESSIONS), (patient, operator), began_s + sessions_s)
                    silence_alone(room.alone[-1], samples, math.ceil(number / _SILENCES), began_s + within_s / 2.0)
                    stops_alone(room, samples, number, began_s + within_s)
                yield Found(load, samples, time.monotonic() - began_s, os.getloadavg()[0], ahead)
        finally:
            room.close()
