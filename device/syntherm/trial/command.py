"""`syntherm trial`: an index over many records, and questions to all of them."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from syntherm.audit.keys import KeyRefused, PublicKey, load_public
from syntherm.auditing.console import ALL_WELL, FOUND, BadInput, answered
from syntherm.auditing.rows import Row
from syntherm.trial import table
from syntherm.trial.adding import What, add, found
from syntherm.trial.checking import check
from syntherm.trial.export import export
from syntherm.trial.index import opened
from syntherm.trial.listing import COLUMNS, FOUND_COLUMNS, Filters, listed, search, summed
from syntherm.trial.query import asked

NOTICE: Final = "Research software. Not cleared for clinical use."
_WIDEST: Final = 200


def trial(arguments: Sequence[str]) -> int:
    """Exit code 0 when all is well, 1 when something was found to be wrong, 2 for bad input."""
    options = _parser().parse_args(arguments)
    act = {"add": _add, "list": _list, "search": _search, "verify": _verify, "export": _export, "query": _query}
    return answered(f"syntherm trial {options.command}", lambda: act[options.command](options))


def _add(options: argparse.Namespace) -> int:
    counts = dict.fromkeys(What, 0)
    with opened(options.index, create=True) as index:
        for path, named in found(tuple(options.records)):
            answer = add(index, path, named, options.site)
            counts[answer.what] += 1
            if answer.what is not What.UNCHANGED:
                print(f"{path}: {answer.what.value}" + (f": {answer.detail}" if answer.detail else ""), flush=True)
    print(", ".join(f"{count} {what.value}" for what, count in counts.items() if count) or "no record found")
    return FOUND if counts[What.REFUSED] or not sum(counts.values()) else ALL_WELL


def _list(options: argparse.Namespace) -> int:
    filters = Filters(options.site, options.plan, options.ended, options.since, options.until, options.fault)
    with opened(options.index) as index:
        rows = listed(index, filters)
    _print(options, COLUMNS, rows, summed(rows))
    return ALL_WELL


def _search(options: argparse.Namespace) -> int:
    with opened(options.index) as index:
        rows = search(index, options.text)
    sessions = len({row["id"] for row in rows})
    _print(options, FOUND_COLUMNS, rows, f"{len(rows)} place(s) in {sessions} session(s)")
    return ALL_WELL


def _print(options: argparse.Namespace, columns: Sequence[str], rows: list[Row], last: str) -> None:
    cells = [[row[column] for column in columns] for row in rows]
    if options.csv:
        table.as_csv(columns, cells, print)
    elif options.json:
        table.as_json(columns, cells, print)
    else:
        table.as_table(columns, cells, print, _WIDEST)
        print(last)


def _verify(options: argparse.Namespace) -> int:
    keys = [_public(path) for path in options.key]
    bad = count = 0
    with opened(options.index) as index:
        for checked in check(index, keys):
            count += 1
            bad += bool(checked.findings)
            opened_at = str(checked.row["opened_utc"])[:16].replace("T", " ")
            print(f"{opened_at}  {str(checked.row['id'])[:8]}  {checked.verdict:<14}  {checked.path}", flush=True)
            for finding in checked.findings:
                print(f"    {finding}")
    trusted = f"against {len(keys)} key(s)" if keys else "against the keys that the records name themselves"
    print(f"{count - bad} of {count} records sound, {trusted}")
    return FOUND if bad else ALL_WELL


def _public(path: Path) -> PublicKey:
    try:
        return load_public(path)
    except KeyRefused as error:
        raise BadInput(str(error)) from error


def _export(options: argparse.Namespace) -> int:
    with opened(options.index) as index:
        left_out = export(index, options.out, print)
    for line in left_out:
        sys.stderr.write(f"{line}\n")
    print(options.out)
    return FOUND if left_out else ALL_WELL


def _query(options: argparse.Namespace) -> int:
    with asked(options.folder, options.sql) as answer:
        if options.csv:
            table.as_csv(answer.columns, answer.rows, print)
        elif options.json:
            table.as_json(answer.columns, answer.rows, print)
        else:
            table.as_table(answer.columns, answer.rows, print)
    return ALL_WELL


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a day as 2026-01-05") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm trial",
        description="An index over the records of many sessions. Records are only read.",
        epilog=f"Exit status: 0 well, 1 something is wrong with a record, 2 bad input. {NOTICE}",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    adds = commands.add_parser("add", help="read records into an index, which is made if it is not there")
    adds.add_argument("index", type=Path, metavar="INDEX")
    adds.add_argument("records", type=Path, nargs="+", metavar="RECORD|DIR", help="of a folder, all records below")
    adds.add_argument("--site", metavar="NAME", help="the site that they come from")
    _list_parser(commands.add_parser("list", help="the sessions, one line each"))
    text = commands.add_parser("search", help="what people and failures said, with all these words in it")
    text.add_argument("index", type=Path, metavar="INDEX")
    text.add_argument("text", metavar="TEXT")
    _forms(text)
    checks = commands.add_parser("verify", help="is every record sound, and the one that was indexed?")
    checks.add_argument("index", type=Path, metavar="INDEX")
    checks.add_argument("--key", type=Path, action="append", default=[], metavar="PUB", help="a site's public key")
    tables = commands.add_parser("export", help="tables of all records, as Parquet")
    tables.add_argument("index", type=Path, metavar="INDEX")
    tables.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder, beside no record")
    sql = commands.add_parser("query", help="one SELECT over sessions, entries, images, acts and faults")
    sql.add_argument("folder", type=Path, metavar="DIR", help="made by trial export")
    sql.add_argument("sql", metavar="SQL")
    _forms(sql)
    return parser


def _list_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("index", type=Path, metavar="INDEX")
    parser.add_argument("--site", metavar="NAME", help="a site by its name, or by the begin of its key's fingerprint")
    parser.add_argument("--plan", metavar="TEXT", help="in title, protocol or pseudonym; or the begin of its SHA-256")
    parser.add_argument("--ended", metavar="STATE", help="COMPLETE, ABORT and so on; OPEN for what was not closed")
    parser.add_argument("--from", type=_day, dest="since", metavar="DAY", help="opened on this day (UTC) or later")
    parser.add_argument("--to", type=_day, dest="until", metavar="DAY", help="opened on this day (UTC) or before")
    parser.add_argument("--fault", metavar="CODE", help="sessions with this fault, as TARGET-HOT")
    _forms(parser)


def _forms(parser: argparse.ArgumentParser) -> None:
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--csv", action="store_true", help="as CSV")
    forms.add_argument("--json", action="store_true", help="as lines of JSON")
