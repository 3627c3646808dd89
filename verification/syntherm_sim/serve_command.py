"""`syntherm-sim serve`: a virtual treatment room with real wires, for a session that is run as a hospital runs it."""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from syntherm.core.plan.problems import PlanRefused
from syntherm.session.plan_file import PlanFileRefused, load_plan
from syntherm_sim.people.signing import SECRET
from syntherm_sim.wire.serve import WORDS, RealTimeRoom

FAILED, BAD_INPUT = 1, 2


def serve(arguments: list[str]) -> int:
    """Serve until it is ended. Exit code 0, 1 if a port or file cannot be had, 2 for bad input."""
    words = "\n".join(f"  {word:15}{says}" for word, says in WORDS.items())
    parser = argparse.ArgumentParser(
        prog="syntherm-sim serve",
        description="A virtual treatment room in real time, its devices on ports of this machine.",
        epilog=f"what hands do in the room, one a line on the standard input (or `WORD off`):\n{words}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="the plan that the session will use")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for site.toml and guardian.toml")
    parser.add_argument("--seed", type=int, default=1, help="which virtual patient (default 1)")
    options = parser.parse_args(arguments)
    try:
        plan, _ = load_plan(options.plan)
    except (PlanFileRefused, PlanRefused) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    ended: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        ended.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        with ExitStack() as opened:
            room = RealTimeRoom(plan, options.seed, options.out, opened)
            print(_says(room, options.plan, options.out), flush=True)
            room.run(sys.stdin.fileno(), lambda: bool(ended))
    except OSError as error:
        print(f"syntherm-sim serve: {error}", file=sys.stderr)
        return FAILED
    return 0


def _says(room: RealTimeRoom, plan: Path, out: Path) -> str:
    site = room.files.site
    return f"""a virtual treatment room; {site} fits it. Each of these in a terminal of its own:
  python -m syntherm.guardian {room.files.guardian}
  syntherm session --site {site} --plan {plan} --out {out / "day"}
  syntherm desk --site {site}
Everybody's secret is: {SECRET}. Hands are typed here: {", ".join(WORDS)}."""
