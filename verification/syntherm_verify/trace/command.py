"""`syntherm-verify trace`: build the dossier, join it with code and test results, name every gap."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from syntherm_verify.trace.build import build
from syntherm_verify.trace.code_ids import collect
from syntherm_verify.trace.errors import BadInput, bad
from syntherm_verify.trace.findings import Evidence, Finding
from syntherm_verify.trace.junit import read_results
from syntherm_verify.trace.page import as_html
from syntherm_verify.trace.policy import read_policy
from syntherm_verify.trace.rules_tests import check
from syntherm_verify.trace.tables import as_csv, totals

CLEAN, GAPS, BAD_INPUT = 0, 1, 2


def trace(arguments: Sequence[str]) -> int:
    """Run the command. Returns 0 without findings (or without --check), 1 with findings, 2 on bad input."""
    options = _parser().parse_args(arguments)
    try:
        evidence, findings = gather(options.root.resolve(), options.junit, structure_only=options.structure_only)
        if options.out is not None:
            _write(options.out, evidence, findings, _basis(options.junit))
    except (BadInput, subprocess.TimeoutExpired) as error:
        print(f"syntherm-verify trace: {error}", file=sys.stderr)
        return BAD_INPUT
    for finding in findings:
        print(finding)
    print("; ".join(f"{name}: {count}" for name, count in totals(evidence, len(findings))))
    return GAPS if findings and options.check else CLEAN


def gather(root: Path, junit: Path | None, *, structure_only: bool) -> tuple[Evidence, tuple[Finding, ...]]:
    """Everything that the trace rests on, and every finding. Raises BadInput."""
    if junit is None and not structure_only:
        raise bad("--junit", "nothing", "the JUnit XML of an executed test run, or --structure-only")
    results = None if junit is None else read_results(junit)
    items, warnings = build(root)
    evidence = Evidence(items, collect(), results, read_policy(root / "risk" / "policy.csv"))
    return evidence, warnings + check(evidence)


def _basis(junit: Path | None) -> str:
    return (
        "the dossier and the code; no test run was read" if junit is None else f"the dossier, the code and {junit.name}"
    )


def _write(out: Path, evidence: Evidence, findings: tuple[Finding, ...], basis: str) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "trace.csv").write_text(as_csv(evidence), encoding="utf-8")
        (out / "trace.html").write_text(as_html(evidence, findings, basis), encoding="utf-8")
    except OSError as error:
        raise bad(out, f"no place to write ({error.strerror})", "a folder for trace.html and trace.csv") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify trace",
        description="From hazard and need to requirement, code, executed test and result; every gap is one line.",
        epilog="Exit status: 0 clean, 1 findings (with --check), 2 bad input.",
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if anything is found")
    evidence = parser.add_mutually_exclusive_group()
    evidence.add_argument("--junit", type=Path, metavar="FILE", help="JUnit XML of an executed test run")
    evidence.add_argument("--structure-only", action="store_true", help="look at items and code, not at tests")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write trace.html and trace.csv here")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="the repository (default: here)")
    return parser
