"""`syntherm record show`, `diff`, `export` and `outlook`."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from syntherm.audit.course import KINDS
from syntherm.auditing.bundle import Bundle
from syntherm.auditing.console import ALL_WELL, FOUND, BadInput, answered
from syntherm.auditing.diff import Diff
from syntherm.auditing.entries import is_closed
from syntherm.auditing.export import Wanted
from syntherm.auditing.export import export as write_export
from syntherm.auditing.outlook import NOT_VALIDATED, tell
from syntherm.auditing.show import HEADING, Choice, Lines, follow, whole_entry

NOTICE: Final = "Research software. Not cleared for clinical use."
_LOOK_AGAIN_S: Final = 1.0


def show(arguments: Sequence[str]) -> int:
    """Print entries, one line each, or one whole. Returns 0 shown, 2 bad input."""
    options = _show_parser().parse_args(arguments)
    return answered("syntherm record show", lambda: _show(options))


def diff(arguments: Sequence[str]) -> int:
    """Print what differs between two records. Returns 0 nothing but what always does, 1 more, 2 bad input."""
    options = _diff_parser().parse_args(arguments)
    return answered("syntherm record diff", lambda: _diff(options))


def export(arguments: Sequence[str]) -> int:
    """Write exports of a record. Returns 0 written, 1 written but something is wrong with the record, 2 bad input."""
    options = _export_parser().parse_args(arguments)
    return answered("syntherm record export", lambda: _export(options))


def outlook(arguments: Sequence[str]) -> int:
    """Print what the drug would do next from a moment of a record. Returns 0 printed, 2 bad input."""
    options = _outlook_parser().parse_args(arguments)
    return answered("syntherm record outlook", lambda: _outlook(options))


def _outlook(options: argparse.Namespace) -> int:
    for line in tell(options.record, options.minute, options.ahead):
        print(line)
    return ALL_WELL


def _show(options: argparse.Namespace) -> int:
    path: Path = options.record
    if options.entry is not None:
        print(whole_entry(path, options.entry))
        return ALL_WELL
    choice = Choice(options.first, options.last, frozenset(options.kind), options.notable)
    lines = Lines(path, choice)
    print(HEADING)
    try:
        found = follow(path, lines, lambda: time.sleep(_LOOK_AGAIN_S)) if options.follow else lines.new()
        for line in found:
            print(line, flush=options.follow)
    except KeyboardInterrupt:
        return ALL_WELL
    if options.last is None and not is_closed(path):
        sys.stderr.write(f"{path}: so far; the record was not closed\n")
    return ALL_WELL


def _diff(options: argparse.Namespace) -> int:
    found = Diff(options.a, options.b, print, options.all)
    found.tell()
    return FOUND if found.differs else ALL_WELL


def _export(options: argparse.Namespace) -> int:
    if not (options.jsonl or options.csv or options.parquet or options.bundle):
        raise BadInput("found no format; expected one or more of --jsonl, --csv, --parquet, --bundle")
    if not options.bundle and (options.key is not None or options.extra):
        raise BadInput("--key and --with go into a bundle; expected --bundle, too")
    bundle = Bundle(options.key, tuple(options.extra)) if options.bundle else None
    wanted = Wanted(options.jsonl, options.csv, options.parquet, bundle)
    files, warnings = write_export(options.record, options.out, wanted)
    for file in files:
        print(file)
    for warning in warnings:
        print(f"{options.record}: {warning}")
    return FOUND if warnings else ALL_WELL


def _number(text: str) -> int:
    value = int(text)
    if value < 1 or value >= 2**62:
        raise argparse.ArgumentTypeError(f"found {text}; entries count from 1")
    return value


def _minutes(text: str) -> float:
    value = float(text)
    if not 0.0 < value <= 600.0:
        raise argparse.ArgumentTypeError(f"found {text}; expected more than 0 and at most 600 minutes")
    return value


def _outlook_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm record outlook",
        description="What the drug would do next, if heat and infusion go on, the infusion is held, or both end. "
        + NOT_VALIDATED,
        epilog=f"Exit status: 0 printed, 2 bad input. {NOTICE}",
    )
    parser.add_argument("record", type=Path, metavar="RECORD")
    parser.add_argument("--minute", type=_minutes, metavar="M", help="minutes since it was opened; else its end")
    parser.add_argument("--ahead", type=_minutes, metavar="M", help="how far; else what is left of the time in range")
    return parser


def _show_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm record show",
        description="The entries of a record, one line each. A record that a session is writing can be read, too.",
        epilog=f"Exit status: 0 shown, 2 bad input. {NOTICE}",
    )
    parser.add_argument("record", type=Path, metavar="RECORD")
    parser.add_argument(
        "--kind", choices=sorted(KINDS), action="extend", nargs="+", default=[], help="only these kinds"
    )
    parser.add_argument("--from", type=_number, default=1, dest="first", metavar="N", help="from entry N on")
    parser.add_argument("--to", type=_number, dest="last", metavar="N", help="up to entry N")
    parser.add_argument("--notable", action="store_true",
                        help="only what changed something: acts, states, faults, refusals, failures")  # fmt: skip
    parser.add_argument("--entry", type=_number, metavar="N", help="entry N alone, whole, as JSON")
    parser.add_argument("--follow", action="store_true", help="go on with new entries until the session is closed")
    return parser


def _diff_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm record diff",
        description="Where two records part, and every field in which they differ. Neither is verified by this.",
        epilog=f"Exit status: 0 nothing differs but what always does, 1 more differs, 2 bad input. {NOTICE}",
    )
    parser.add_argument("a", type=Path, metavar="A")
    parser.add_argument("b", type=Path, metavar="B")
    parser.add_argument("--all", action="store_true",
                        help="every difference by itself, also times, keys, hashes and signatures")  # fmt: skip
    return parser


def _export_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm record export",
        description="A record in other forms. The record is only read; nothing is written beside it or over a file.",
        epilog=f"Exit status: 0 written, 1 written but the record is not as it should be, 2 bad input. {NOTICE}",
    )
    parser.add_argument("record", type=Path, metavar="RECORD")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that is not the record's")
    parser.add_argument("--jsonl", action="store_true", help="every entry as a line of JSON, with its hash")
    parser.add_argument("--csv", action="store_true", help="a table of entries, and one of images")
    parser.add_argument("--parquet", action="store_true", help="the same tables as Parquet, with all bodies")
    parser.add_argument("--bundle", action="store_true", help="one .zip to hand over: record, seal, format, report")
    parser.add_argument("--key", type=Path, metavar="PUB", help="the site's public key, for the bundle")
    parser.add_argument("--with", type=Path, dest="extra", action="append", default=[], metavar="FILE",
                        help="a file to put into the bundle, such as an independent verifier")  # fmt: skip
    return parser
