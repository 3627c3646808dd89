"""`syntherm record`: verify a record, execute it again, or judge it by the properties of every session."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from syntherm.audit.check import check
from syntherm.audit.keys import KeyRefused, load_public
from syntherm.audit.reader import UnreadableRecord
from syntherm.audit.replay import replay
from syntherm.audit.verify import Verification, verify
from syntherm.core.properties import WATCHED

BAD_INPUT = 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="syntherm record")
    commands = parser.add_subparsers(dest="command", required=True)
    whole = commands.add_parser("verify", help="is the record whole and untouched?")
    whole.add_argument("path", type=Path)
    whole.add_argument("--head", help="the head printed in the report, in hex: it also shows a replaced file")
    whole.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a public key of the site; may be repeated",
    )
    again = commands.add_parser("replay", help="does the core, executed again, decide the same?")
    again.add_argument("path", type=Path)
    held = commands.add_parser("check", help="did every safety property hold, as told from the record alone?")
    held.add_argument("path", type=Path)
    return parser


def record(arguments: Sequence[str]) -> int:
    """Exit code 0 when all is well, 1 when something was found, 2 when there is no record to look at."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "verify":
            return _verify(options.path, options.head, options.key)
        return _replay(options.path) if options.command == "replay" else _check(options.path)
    except (UnreadableRecord, KeyRefused) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


def _verify(path: Path, head: str | None, keys: Sequence[Path]) -> int:
    result = verify(path, head, [load_public(key) for key in keys])
    for finding in result.findings:
        print(f"{path}: {finding}")
    if not result.sound:
        print(f"{path}: first bad entry {result.first_bad}" if result.first_bad else f"{path}: no entry is bad")
    print(f"{path}: {_signed_by(result, bool(keys))}")
    verdict = "sound" if result.sound else f"{len(result.findings)} finding(s)"
    print(f"{path}: {verdict}; {result.entries} entries, {result.arrays} arrays, head {result.head}")
    return 0 if result.sound else 1


def _signed_by(result: Verification, known: bool) -> str:
    if result.key is None:
        return "not signed (format 1)"
    said = f"signed by key {result.key}"
    return said if known else f"{said}, which only the record names: compare it with the site's, or give --key"


def _replay(path: Path) -> int:
    result = replay(path)
    if result.difference is not None:
        print(f"{path}: differs at {result.difference}")
    share = f"{result.compared} of {result.decisions} decisions equal after {result.events} events"
    if result.crashes:
        share += f"; on {result.crashes} of them the core failed when recorded, and decided nothing"
    print(f"{path}: {share}")
    return 0 if result.difference is None else 1


def _check(path: Path) -> int:
    result = check(path)
    for finding in result.findings:
        claim = finding.violation.property.value
        whose = ", seen by the session" if finding.by_session else ""
        print(f"{path}: entry {finding.entry} at {finding.at_s:.3f} s{whose}: {claim.name}: {finding.violation.detail}")
        print(f"    {claim.says}")
    held = f"{len(WATCHED) - len(result.broken)} properties held over {result.decisions:,} decisions"
    print(f"{path}: {f'{len(result.broken)} violated, ' if result.broken else ''}{held}")
    return 1 if result.broken else 0
