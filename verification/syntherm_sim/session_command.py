"""`syntherm-sim session`: run a treatment day and leave its record, report and summary."""

import argparse
import hashlib
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console

from syntherm.audit.keys import PUBLIC
from syntherm.audit.reader import UnreadableRecord
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.values import Plan
from syntherm.core.vocabulary import Session
from syntherm.ports.equipment import PortError
from syntherm.ports.record import AuditFailed
from syntherm.reports.session import ReportFailed, write_report
from syntherm.session.loop import SessionFailed
from syntherm.session.plan_file import PlanFileRefused, load_plan
from syntherm_sim.day import Day, live_through, write_summary
from syntherm_sim.people.inbox import Crew
from syntherm_sim.people.interactive import PersonAtTerminal
from syntherm_sim.people.scripted import ScriptedCrew
from syntherm_sim.room import Room
from syntherm_sim.scenario import SCENARIOS
from syntherm_sim.site import write_public
from syntherm_sim.story.command import tell
from syntherm_sim.view import LiveView, plan_card
from syntherm_sim.wire.remote import WorldGone
from syntherm_sim.wire.wire_day import open_room

EXIT_CODES: Final = {Session.COMPLETE: 0, Session.ABORT: 3}
FAILED: Final = 1
BAD_INPUT: Final = 2
STORY_ENDS: Final = ".json"
STORY: Final = "a saved story, played event by event in a room without physics (docs/iec62304/story-format.md)"
CODES: Final = """exit codes of a scenario: 0 complete, 3 abort, 1 the session failed, 2 bad input
exit codes of a story:    0 nothing violated, 4 the property that it names was violated,
                          1 another one was, or the session failed, 2 bad input"""


def _parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {name:30}{scenario.says}" for name, scenario in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="syntherm-sim session",
        description="Run a whole treatment day on a virtual patient, at full speed on a virtual clock.",
        epilog=f"scenarios:\n{names}\n  {'PATH.json':30}{STORY}\n\n{CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="the treatment plan (TOML)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for record, report and summary")
    parser.add_argument(
        "--wire", action="store_true", help="devices behind their real wires, in another process, in lockstep"
    )
    parser.add_argument("--operator", choices=("scripted", "interactive"), default="scripted")
    parser.add_argument(
        "--scenario", type=_scenario, default="nominal", metavar="NAME", help="a scenario, or the PATH.json of a story"
    )
    parser.add_argument(
        "--seed", type=_seed, default=1, help="which virtual patient, or which noise of a story's images (default 1)"
    )
    return parser


def _scenario(text: str) -> str:
    if text not in SCENARIOS and not text.endswith(STORY_ENDS):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a PATH.json or one of {', '.join(SCENARIOS)}")
    return text


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number, 0 or more")
    return int(text)


def session(arguments: list[str]) -> int:
    """Run the command; the exit code says how the day ended."""
    options = _parser().parse_args(arguments)
    try:
        plan, text = load_plan(options.plan)
    except PlanFileRefused as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except PlanRefused as error:
        print(f"{options.plan}: refused, {len(error.problems)} problem(s); nothing has moved", file=sys.stderr)
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return BAD_INPUT
    record: Path = options.out / "record.db"
    if record.exists():
        print(f"{record}: a record is never overwritten; choose another folder", file=sys.stderr)
        return BAD_INPUT
    if options.scenario.endswith(STORY_ENDS):
        if options.operator == "interactive":
            print("--operator interactive: a story has people of its own", file=sys.stderr)
            return BAD_INPUT
        return tell(Path(options.scenario), plan, options.out, options.seed)

    console = Console()
    console.print(plan_card(plan, hashlib.sha256(text.encode()).hexdigest()))
    with ExitStack() as opened:
        try:
            room = (
                open_room(plan, options.plan, options.seed, options.out / "site", opened)
                if options.wire
                else Room(plan, options.seed)
            )
        except (PortError, WorldGone, OSError) as error:
            print(f"syntherm-sim: {error}", file=sys.stderr)
            return FAILED
        return _day(options, plan, text, record, room, console)


def _day(options: argparse.Namespace, plan: Plan, text: str, record: Path, room: Room, console: Console) -> int:
    scenario = SCENARIOS[options.scenario]
    crew: Crew = (
        PersonAtTerminal(room, console)
        if options.operator == "interactive"
        else ScriptedCrew(room, options.seed, resets=scenario.resets)
    )
    view = LiveView(console, draws=options.operator == "scripted")
    try:
        with view:
            day = live_through(plan, text, record, room, crew, scenario, view.show)
        chosen: dict[str, object] = {"scenario": options.scenario, "seed": options.seed, "plan": str(options.plan)}
        write_report(record, options.out / "report.html")
        write_summary(options.out / "summary.json", day, chosen)
        write_public(options.out / PUBLIC, options.seed)
    except (AuditFailed, SessionFailed, ReportFailed, UnreadableRecord, WorldGone) as error:
        print(f"syntherm-sim: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"syntherm-sim: interrupted; energy and drug are off, {record} is left unclosed", file=sys.stderr)
        return FAILED
    return _leave(day, scenario.ends_in, options.scenario, options.out)


def _leave(day: Day, expected: Session, name: str, out: Path) -> int:
    speed = day.simulated_s / day.session_wall_s
    print(f"{day.simulated_s / 60.0:.0f} min in {day.session_wall_s:.0f} s ({speed:.0f} x real time), head {day.head}")
    ended = day.ended_in.name
    where = f"{out}/record.db, {out}/report.html and {out}/summary.json"
    if day.ended_in is not expected:
        print(f"ended in {ended}; scenario {name} ends in {expected.name} otherwise: {where}")
    else:
        print(f"ended in {ended}, as scenario {name} does: {where}")
    return EXIT_CODES.get(day.ended_in, FAILED)
