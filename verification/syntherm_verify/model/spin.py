"""Spin, a model checker of other people, on the same table: every state, every step, every claim.

Spin counts the initial state as a step that leads to it, so its transitions are one more than the explorer's steps.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from syntherm.core.properties import Property
from syntherm_verify.model import promela
from syntherm_verify.model.rules import Rules

PACKAGES: Final = {"spin": "spin", "gcc": "gcc"}
"""The tools that are needed, and the Debian packages that have them."""
_MEMORY_LIMIT_MB: Final = 8000
_DEPTH_LIMIT: Final = 1_000_000
_HASH_BITS: Final = 22
_MODEL: Final = "session.pml"
# Without optimisation the checker is compiled in a quarter of the time and is half as fast, which pays off below some
# 50 million steps. Nothing is reduced: neither by partial order (there is one process) nor by hashing states to bits.
_COMPILE: Final = ("gcc", "-O0", "-w", "-DNOREDUCE", f"-DMEMLIM={_MEMORY_LIMIT_MB}")
_SEARCH: Final = (f"-m{_DEPTH_LIMIT}", f"-w{_HASH_BITS}")
_SHORT: Final = ("Search not completed", "max search depth too small", "out of memory", "MEMLIM bound")
_CIRCLE: Final = "START OF CYCLE"


class SpinError(Exception):
    """Spin cannot be run, or does not say what was expected of it."""


class ToolMissing(SpinError):
    """A program that is not installed."""


@attrs.frozen
class SpinResult:
    """What Spin found. Events on a way are numbered as `environment.events` lists them.

    `broken` has the properties that the first violating step breaks, each with the way to it (not a shortest one);
    `circle` is the part of a way, at its end, that goes round for ever. `complete`: nothing was left out.
    """

    states: int
    transitions: int
    seconds: float
    complete: bool
    broken: tuple[tuple[Property, tuple[int, ...]], ...]
    circle: tuple[int, ...] = ()
    build_s: float = 0.0
    memory_mb: float = 0.0


def check(rules: Rules, folder: Path) -> SpinResult:
    """All claims about single steps, in every reachable state. Raises SpinError; files are left in `folder`."""
    _need_tools()
    build_s = _build(promela.safety(rules), folder, "-DSAFETY")
    return _searched(folder, (), build_s)


def ends(rules: Rules, folder: Path) -> dict[str, SpinResult]:
    """Whether heating and cooling end, by formula. Raises SpinError; files are left in `folder`."""
    _need_tools()
    build_s = _build(promela.liveness(rules), folder)
    return {name: _searched(folder, ("-a", "-N", name), build_s) for name in promela.FORMULAS}


def _need_tools() -> None:
    for tool, package in PACKAGES.items():
        if shutil.which(tool) is None:
            raise ToolMissing(f"{tool} is not installed; it is in the Debian package {package}")


def _build(model: str, folder: Path, *options: str) -> float:
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MODEL).write_text(model, encoding="utf-8")
    for command in (("spin", "-a", _MODEL), (*_COMPILE, *options, "-o", "pan", "pan.c")):
        done = _run(command, folder)
        if done.returncode != 0:
            raise SpinError(f"{command[0]} failed on {folder / _MODEL}: {_last(done)}")
    return time.perf_counter() - began


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _searched(folder: Path, options: tuple[str, ...], build_s: float) -> SpinResult:
    trail = folder / f"{_MODEL}.trail"
    trail.unlink(missing_ok=True)
    began = time.perf_counter()
    done = _run(("./pan", *options, *_SEARCH), folder)
    seconds = time.perf_counter() - began
    said = done.stdout + done.stderr
    way, circle, bits = _way(folder, options) if trail.exists() else ((), (), 0)
    errors = _number(r"errors: (\d+)", said)
    if (errors > 0) != trail.exists():
        raise SpinError(f"Spin counts {errors:.0f} errors, but its trail says otherwise: {_last(done)}")
    claims = [claim for n, claim in enumerate(promela.PROPERTIES) if bits >> n & 1]
    if errors and not claims:
        claims = [Property.ENDS] if circle else _unnamed(said)
    return SpinResult(
        states=int(_number(r"(\d+) states, stored", said)),
        transitions=int(_number(r"(\d+) transitions", said)),
        seconds=seconds,
        complete=errors == 0 and left_nothing_out(said),
        broken=tuple((claim, way) for claim in claims),
        circle=circle,
        build_s=build_s,
        memory_mb=_number(r"([\d.]+)\s+total actual memory usage", said),
    )


def left_nothing_out(said: str) -> bool:
    """Whether a checker's answer is about all states: it says so when memory or depth did not suffice."""
    return not any(short in said for short in _SHORT)


def _unnamed(said: str) -> list[Property]:
    found = re.search(r"^pan:\d+: (.*)$", said, re.MULTILINE)
    raise SpinError(f"Spin found what no claim is about: {found.group(1) if found else 'an error'}")


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise SpinError(f"Spin's answer lacks {pattern!r}: {said.strip()[-200:] or 'it said nothing'}")
    return float(found.group(1))


def _way(folder: Path, options: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """The events of the trail, those of them that go round, and the bits of broken properties."""
    said = _run(("./pan", "-r", "-n", *options), folder).stdout
    way: list[int] = []
    circle_from, bits = None, 0
    for line in said.splitlines():
        word, _, number = line.strip().partition(" ")
        if word == promela.EVENT:
            way.append(int(number))
        elif word == promela.BROKEN:
            bits = int(number)
        elif _CIRCLE in line:
            circle_from = len(way)
    return tuple(way), tuple(way[circle_from:]) if circle_from is not None else (), bits
