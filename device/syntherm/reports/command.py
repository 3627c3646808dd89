"""`syntherm report RECORD`: the session report of a record, as one page."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from syntherm.audit.reader import UnreadableRecord
from syntherm.reports.session import NOTICE, ReportFailed, write_report

WRITTEN, BAD_INPUT = 0, 2
REPORT = "report.html"


def report(arguments: Sequence[str]) -> int:
    """Write the report; print where it lies. Returns 0 written, 2 bad input (one line on standard error)."""
    options = _parser().parse_args(arguments)
    record: Path = options.record
    out: Path = options.out if options.out is not None else record.parent / REPORT
    try:
        write_report(record, out)
    except (UnreadableRecord, ReportFailed) as error:
        print("syntherm report: " + " ".join(str(error).split()), file=sys.stderr)
        return BAD_INPUT
    print(out)
    return WRITTEN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm report",
        description="Write the report of a session from its record: one HTML page that can be printed.",
        epilog=f"Exit status: 0 written, 2 bad input. {NOTICE}",
    )
    parser.add_argument("record", type=Path, metavar="RECORD", help="the record of a session (record.db)")
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"where to write; else {REPORT} beside the record")
    return parser
