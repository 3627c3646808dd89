"""`syntherm session`: one treatment day with the devices of a site."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Final, Never

import attrs

from syntherm.audit.keys import KeyRefused, SiteKey, load_key
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Restarted
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session
from syntherm.link.door import Door, LinkFailed
from syntherm.ports.equipment import PortError
from syntherm.ports.people import OperatorInbox
from syntherm.ports.record import AuditFailed
from syntherm.session.clock import SystemClock
from syntherm.session.compose import Workplace, open_guard, open_pump, open_scanner, open_stop_loop, open_transducer
from syntherm.session.guarding import GuardedInbox, GuardedStopLoop
from syntherm.session.inbox import DeskInbox
from syntherm.session.loop import Ports, SessionFailed, SessionLoop
from syntherm.session.notary_client import NotaryFailed, NotaryProcess
from syntherm.session.plan_file import PlanFileRefused, load_plan
from syntherm.session.records import open_new, recover
from syntherm.site.file import SiteFileRefused, beside, load_site
from syntherm.site.reader import SiteRefused
from syntherm.site.values import Site

EXIT_CODES: Final = {Session.COMPLETE: 0, Session.ABORT: 3}
FAILED: Final = 1
BAD_INPUT: Final = 2
RECORD: Final = "record.db"
_BAD: Final = (SiteFileRefused, SiteRefused, PlanFileRefused, PlanRefused, KeyRefused)
_FAILS: Final = (PortError, LinkFailed, NotaryFailed, AuditFailed, SessionFailed)


@attrs.frozen(eq=False)
class Asked:
    """What the command was given, read and sound."""

    site: Site
    site_path: Path
    plan: Plan
    plan_text: str
    key: SiteKey
    record: Path
    recovers: bool


def session(arguments: Sequence[str]) -> int:
    """Run a session. Exit code 0 complete, 3 abort, 1 it failed or was closed before, 2 bad input."""
    parser = argparse.ArgumentParser(
        prog="syntherm session", description="Research software: not cleared for clinical use."
    )
    parser.add_argument("--site", type=Path, required=True, metavar="FILE", help="the site file (TOML)")
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="the treatment plan (TOML)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the record")
    parser.add_argument("--recover", action="store_true", help="go on with the record that a crash left open there")
    options = parser.parse_args(arguments)
    try:
        asked = _read(options.site, options.plan, options.out / RECORD, options.recover)
    except _BAD as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as opened:
            ended_in, head = _lived(asked, opened)
    except _FAILS as error:
        sys.stderr.write(f"syntherm session: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write(f"syntherm session: interrupted; {asked.record} is left unclosed, go on with --recover\n")
        return FAILED
    _say(f"ended in {ended_in.name}, head {head}, record {asked.record}")
    return EXIT_CODES.get(ended_in, FAILED)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _interrupt(number: int, _: FrameType | None) -> Never:
    # The loop takes energy and drug away on its way out of any exception.
    raise KeyboardInterrupt(signal.Signals(number).name)


def _read(site_path: Path, plan_path: Path, record: Path, recovers: bool) -> Asked:
    try:
        site = load_site(site_path)
    except SiteRefused as refused:
        raise SiteFileRefused(f"{site_path}: refused, {len(refused.problems)} problem(s)\n{refused}") from refused
    try:
        plan, text = load_plan(plan_path)
    except PlanRefused as refused:
        raise PlanFileRefused(f"{plan_path}: refused, {len(refused.problems)} problem(s)\n{refused}") from refused
    return Asked(site, site_path, plan, text, load_key(beside(site_path, site.paths.site_key)), record, recovers)


def _lived(asked: Asked, opened: ExitStack) -> tuple[Session, str]:
    """One day from the first door to the seal: what it ended in, and the record's head."""
    clock, site = SystemClock(), asked.site
    place = Workplace(site, asked.site_path, clock, opened)
    notary = NotaryProcess(beside(asked.site_path, site.paths.people))
    opened.callback(notary.close)
    door = Door(beside(asked.site_path, site.paths.desk_socket))
    opened.callback(door.close)
    transducer, what = open_transducer(place)
    _say(f"transducer: {what}")
    pump, what = open_pump(place, asked.plan, keep_count=asked.recovers)
    _say(f"pump: {what}")
    contact = open_stop_loop(place)
    guard, link = open_guard(place)
    scanner = open_scanner(place, asked.plan)
    _say(f"scanner: {site.scanner.way} at {scanner.address[0]}:{scanner.address[1]}")
    for source in (scanner.filenos, door.filenos, notary.filenos, lambda: (link.fileno(),) if link.up else ()):
        clock.wakes_for(source)
    inbox: OperatorInbox = GuardedInbox(DeskInbox(door, notary, clock.now_s, lambda: guard.because), guard, clock.now_s)
    writer, state, restarted = _opened(asked, clock)
    ports = Ports(clock, scanner, transducer, pump, GuardedStopLoop(contact, guard), inbox, writer)
    loop = SessionLoop(state, ports)
    guard.begin_proof()
    inbox.show(state, writer.head)
    try:
        if restarted is not None:
            loop.handle(restarted)
        loop.run()
    except BaseException:
        writer.let_go()  # unclosed: to be gone on with
        raise
    ended_in = loop.state.phases.session
    return ended_in, writer.close_session(clock.utc(), clock.now_s(), ended_in.name)


def _opened(asked: Asked, clock: SystemClock) -> tuple[AuditWriter, SessionState, Restarted | None]:
    if asked.recovers:
        writer, state, restarted = recover(asked.record, clock, asked.key)
        if state.plan != asked.plan:
            writer.let_go()
            raise AuditFailed(f"{asked.record}: was made by another plan than the one that was given")
        return writer, state, restarted
    writer = open_new(asked.record, asked.plan, asked.plan_text, clock, asked.key)
    return writer, SessionState.begin(asked.plan), None
