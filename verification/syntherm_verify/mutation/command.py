"""`syntherm-verify mutation`: change the core line by line in a copy, and see whether its tests notice."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random

from syntherm_verify.mutation import functions, trials
from syntherm_verify.mutation.definitions import called_on_import, definitions
from syntherm_verify.mutation.mutant import Result
from syntherm_verify.mutation.report import Verdict, as_json, as_text
from syntherm_verify.mutation.reviewed import LIST, read_reviewed
from syntherm_verify.mutation.targets import targets
from syntherm_verify.mutation.workplace import furnish
from syntherm_verify.trace.errors import BadInput, bad

CLEAN, GAPS, BAD_INPUT = 0, 1, 2
SEED = 62304
MOST_WORKERS = 2


def mutation(arguments: Sequence[str]) -> int:
    """Run the command. Returns 0 when all is noticed or reviewed, 1 when not, 2 on bad input."""
    options = _parser().parse_args(arguments)
    try:
        root = options.root.resolve()
        files = targets(root, options.files)
        reviewed = read_reviewed(root / LIST)
        with tempfile.TemporaryDirectory(prefix="mutation-") as place:
            furnish(root, Path(place), files)
            results = tried(Path(place), files, options.sample, options.workers)
        verdict = Verdict(results, reviewed, files, whole=options.sample is None)
        if options.out is not None:
            _write(options.out, verdict, None if options.sample is None else SEED)
    except BadInput as error:
        print(f"syntherm-verify mutation: {error}", file=sys.stderr)
        return BAD_INPUT
    for line in as_text(verdict):
        print(line)
    return CLEAN if verdict.holds() else GAPS


def tried(place: Path, files: Sequence[str], sample: int | None, workers: int) -> list[Result]:
    """Every mutant of the files, or a sample that a fixed seed draws, with what became of it."""
    early = {name: called_on_import(place, name) for name in files}
    plain = [each for each in functions.mutants(place, files) if each.function not in early[each.file]]
    others = [each for name in files for each in definitions(place, name)]
    if sample is not None:
        # One mutant of a function at least: without one, the tool would try them all.
        count = len(plain) + len(others)
        drawn = {0, *Random(SEED).sample(range(1, count), min(sample, count) - 1)}
        others = [each for i, each in enumerate(others, start=len(plain)) if i in drawn]
        plain = [each for i, each in enumerate(plain) if i in drawn]
    return functions.run(place, plain, workers) + trials.run(place, others, workers)


def _write(out: Path, verdict: Verdict, seed: int | None) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "mutation.json").write_text(as_json(verdict, f"mutmut {version('mutmut')}", seed), encoding="utf-8")
    except OSError as error:
        raise bad(out, f"no place to write ({error.strerror})", "a folder for mutation.json") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify mutation",
        description="Change the core line by line, in a copy of the tree, and see whether a fast test notices.",
        epilog=f"Survivors that no test could notice are listed in {LIST}. "
        "Exit status: 0 clean, 1 an unreviewed survivor or a low score, 2 bad input.",
    )
    parser.add_argument("--files", nargs="+", default=[], metavar="GLOB", help="only these files, as 'checks/*.py'")
    parser.add_argument("--sample", type=_count, metavar="N", help="only N mutants, drawn with a fixed seed")
    parser.add_argument(
        "--workers", type=int, choices=range(1, MOST_WORKERS + 1), default=MOST_WORKERS, help="mutants at a time"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write mutation.json here")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="the repository (default: here)")
    return parser


def _count(text: str) -> int:
    if not (text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number above 0")
    return int(text)
