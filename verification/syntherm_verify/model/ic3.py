"""Proof by induction (IC3) of the whole model with third-party tools: yosys makes a circuit of it, ABC proves it.

Neither tool knows anything of this project, both run without a bound on the number of steps, and what the search
forgets to stay small is kept here. So they check the search itself, at the constants of a real session.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, unique
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from syntherm.core.table import TABLE, Row
from syntherm_verify.model.constants import Constants
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.verilog import MODULE, Module, module

TOOLS: Final = {"yosys": "yosys", "berkeley-abc": "berkeley-abc"}
"""Command, and the Debian package that has it."""
WORKERS: Final = 2
_CIRCUIT: Final = (
    "read_verilog model.v; hierarchy -top {top}; proc; opt_expr; opt_clean; techmap; opt_expr; opt_clean; "
    "dffunmap; aigmap; clean; write_aiger -zinit model.aig"
)
_SMALLER: Final = "read_aiger model.aig; print_stats; dc2; scorr -C 100000; dc2; print_stats; write_aiger smaller.aig"
_ONE: Final = "read_aiger smaller.aig; cone -O {number} -R 1 -s; scorr; pdr -T {limit}"
_STATS: Final = re.compile(r"lat =\s*(\d+)\s+and =\s*(\d+)")
_BROKEN: Final = re.compile(r"was asserted in frame (\d+)")


class ToolMissing(Exception):
    """A tool is not installed; the message names the packages."""


class ToolFailed(Exception):
    """A tool ended without an answer; the message has the end of what it said."""


@unique
class Verdict(Enum):
    """What came out for a claim."""

    PROVEN = "proven"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@attrs.frozen
class Ic3Result:
    """One claim. `depth` is the number of steps to a counterexample; `registers` and `nodes` are the circuit's."""

    claim: str
    verdict: Verdict
    depth: int | None
    seconds: float
    registers: int
    nodes: int


def check(
    constants: Constants, folder: Path, timeout_s: float, rows: tuple[Row, ...] = TABLE, only: tuple[str, ...] = ()
) -> list[Ic3Result]:
    """Every claim, or those named, under the constants; each may take `timeout_s`. Files are left in the folder.

    Raises ToolMissing or ToolFailed.
    """
    _require()
    made = module(Rules(constants, rows))
    (folder / "model.v").write_text(made.text, encoding="utf-8")
    _run(["yosys", "-q", "-p", _CIRCUIT.format(top=MODULE)], folder)
    said = _abc(_SMALLER, folder)
    sizes = [(int(latches), int(nodes)) for latches, nodes in _STATS.findall(said)]
    if len(sizes) != 2:
        raise ToolFailed(f"berkeley-abc said nothing of the circuit's size: {said[-500:]}")
    wanted = [claim for claim in made.claims if not only or claim in only]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(partial(_claim, made, folder, timeout_s, sizes[0]), wanted))


def _claim(made: Module, folder: Path, timeout_s: float, size: tuple[int, int], claim: str) -> Ic3Result:
    began = time.perf_counter()
    # What helps may be wrong where the claim is not, so only the claim by itself can be found broken.
    verdict, depth = Verdict.UNKNOWN, None
    for number, alone in _outputs(made, claim):
        said = _abc(_ONE.format(number=number, limit=max(1, round(timeout_s))), folder)
        verdict, depth = _read(said)
        if verdict is Verdict.PROVEN or alone:
            break
    return Ic3Result(claim, verdict, depth, time.perf_counter() - began, *size)


def _outputs(made: Module, claim: str) -> Iterator[tuple[int, bool]]:
    if claim in made.helped:
        yield made.helped[claim], False
    yield made.claims.index(claim), True


def _read(said: str) -> tuple[Verdict, int | None]:
    found = _BROKEN.search(said)
    if found:
        return Verdict.BROKEN, int(found[1]) + 1
    if "Property proved" in said:
        return Verdict.PROVEN, None
    if "UNDECIDED" in said:
        return Verdict.UNKNOWN, None
    raise ToolFailed(f"berkeley-abc gave no verdict: {said[-500:]}")


def _require() -> None:
    missing = [package for command, package in TOOLS.items() if shutil.which(command) is None]
    if missing:
        raise ToolMissing(f"not installed: {', '.join(missing)}; on Debian: apt-get install {' '.join(missing)}")


def _abc(script: str, folder: Path) -> str:
    return _run(["berkeley-abc", "-q", script], folder)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolFailed(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-500:]}")
    return done.stdout
