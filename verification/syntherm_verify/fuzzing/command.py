"""`syntherm-verify fuzz`: every reader of outside bytes under a coverage-guided fuzzer."""

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.fuzzing.readers import BESIDES, COVERED
from syntherm_verify.fuzzing.registry import NAMES, target
from syntherm_verify.fuzzing.runs import Run, fuzzed
from syntherm_verify.recording.options import BAD_INPUT, FAILED, HOLDS, count, whole

_EACH_S: Final = 600
_MISSING: Final = "fuzz: the package atheris is not installed; expected the dependency group dev (`uv sync`)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm-verify fuzz",
        description="Search for bytes that a reader neither reads nor refuses by name, reads otherwise when they come "
        "in other pieces, or gathers without bound. Inputs that fail are kept as files.",
        epilog="exit codes: 0 no input failed, 1 otherwise, 2 bad input or atheris is not installed",
    )
    parser.add_argument("--seconds", type=count, metavar="S", help="for all targets together, at least 1 s each")
    parser.add_argument("--each", type=count, metavar="S", help=f"for each target (default {_EACH_S})")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help="this one only; may be repeated")
    parser.add_argument("--seed", type=whole, default=1, metavar="N", help="of libFuzzer (default 1)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep corpus and failures here (default: a new folder)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one kept input on the target of --only")
    parser.add_argument("--list", action="store_true", help="which readers there are, and what covers each")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    return parser


def fuzz(arguments: list[str]) -> int:
    """Run the command; the exit code says whether every target holds."""
    parser = _parser()
    options = parser.parse_args(arguments)
    names = [name for name in NAMES if options.only is None or name in options.only]
    if options.list:
        _list()
        return HOLDS
    if options.replay is not None:
        if options.only is None or len(names) != 1:
            parser.error("--replay: expected one target, by --only NAME")
        return _replay(names[0], options.replay)
    if importlib.util.find_spec("atheris") is None:
        print(_MISSING, file=sys.stderr)
        return BAD_INPUT
    each_s = options.each or _EACH_S
    if options.seconds is not None:
        each_s = max(1, options.seconds // len(names))
    out = options.out or Path(tempfile.mkdtemp(prefix="syntherm-fuzz-"))
    runs = [_one(name, each_s, out, options) for name in names]
    holds = all(run.holds for run in runs)
    if options.json:
        print(json.dumps({"runs": [_values(run) for run in runs], "holds": holds, "figure": _figure(runs, each_s)}))
    else:
        print(_figure(runs, each_s))
    return HOLDS if holds else FAILED


def _one(name: str, each_s: int, out: Path, options: argparse.Namespace) -> Run:
    run = fuzzed(name, each_s, out, options.seed)
    if not options.json:
        print(run.line(), flush=True)
        if not run.holds:
            print(run.said)
            for file in run.kept:
                print(f"replay it: syntherm-verify fuzz --only {name} --replay {file}", flush=True)
    return run


def _values(run: Run) -> dict[str, object]:
    return {**attrs.asdict(run), "kept": [str(file) for file in run.kept], "holds": run.holds}


def _figure(runs: list[Run], each_s: int) -> str:
    failed = [run.name for run in runs if not run.holds]
    return (
        f"fuzz: {len(runs)} targets, {each_s} s each, {sum(run.executions for run in runs):,} inputs, "
        f"{len(failed)} targets failed{' (' + ', '.join(failed) + ')' if failed else ''}; "
        f"peak memory {max(run.peak_rss_mib for run in runs):,} MiB"
    )


def _replay(name: str, file: Path) -> int:
    try:
        data = file.read_bytes()
    except OSError as error:
        print(f"{file}: {error.strerror}", file=sys.stderr)
        return BAD_INPUT
    target(name).run(data)  # what it raises is the finding, with its traceback
    print(f"{name}: holds on {len(data)} bytes of {file}")
    return HOLDS


def _list() -> None:
    for name in NAMES:
        print(f"{name:18} {COVERED[name].line()}")
    for reader, why in BESIDES.items():
        print(f"{'no target':18} {reader.line()}: {why}")
