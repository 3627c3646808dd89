"""`syntherm-verify kill-session`: the session's process is killed or stopped while heat and drug flow, over wires."""

import argparse
import json
import sys
import time
from pathlib import Path

from syntherm.ports.equipment import PortError
from syntherm.ports.record import AuditFailed
from syntherm.session.loop import SessionFailed
from syntherm_verify.killing.campaign import Campaign
from syntherm_verify.killing.tally import Tally
from syntherm_verify.recording.options import BAD_INPUT, FAILED, HOLDS, count, folder, whole


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify kill-session",
        description="End the session's process while heat and drug flow, and demand that both end by themselves.",
        epilog="exit codes: 0 both always ended in time and every session was gone on with, 1 otherwise, 2 bad input",
    )
    parser.add_argument("--n", type=count, required=True, metavar="N", help="sessions that are killed or stopped")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="which moments, which patients (default 1)")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


def kill_session(arguments: list[str]) -> int:
    """Run the command; the exit code says whether every end was safe."""
    options = _parser().parse_args(arguments)
    began_s, tally = time.perf_counter(), Tally()
    try:
        with folder(in_memory=False) as name:
            for ended in Campaign(options.n, options.seed, Path(name)).run():
                tally.take(ended)
    except (PortError, AuditFailed, SessionFailed, OSError) as error:
        print(f"the day could not be lived: {error}", file=sys.stderr)
        return BAD_INPUT
    seconds = time.perf_counter() - began_s
    if options.json:
        print(json.dumps({**tally.values(), "seconds": seconds}))
    else:
        print("\n".join([*tally.lines(), tally.figure(seconds)]))
    return HOLDS if tally.holds else FAILED
