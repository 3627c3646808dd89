"""Trying mutants that mutmut cannot: each is written into a copy of the tree, and the tests run there anew."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Final

from syntherm_verify.mutation.definitions import Definition
from syntherm_verify.mutation.mutant import Result
from syntherm_verify.mutation.workplace import surroundings
from syntherm_verify.trace.errors import bad

_LIMIT_S: Final = 300.0


def run(place: Path, chosen: Sequence[Definition], workers: int) -> list[Result]:
    """Try each mutant; mutmut must have run here before, since its statistics say which tests reach a file."""
    tests, everything = _tests(place)
    trees: Queue[Path] = Queue()
    for number in range(workers):
        trees.put(_tree(place, number))
    if chosen:
        _prove_sound(trees, everything)

    def tried(definition: Definition) -> Result:
        tree = trees.get()
        try:
            return Result(definition.mutant, _noticed(tree, definition, tests, everything))
        finally:
            trees.put(tree)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(tried, chosen))


def _tests(place: Path) -> tuple[Mapping[str, list[str]], list[str]]:
    """The tests that reach any function of a file, the quickest first; and all tests."""
    statistics = json.loads((place / "mutants" / "mutmut-stats.json").read_text(encoding="utf-8"))
    durations: Mapping[str, float] = statistics["duration_by_test"]
    reached: dict[str, set[str]] = {}
    for key, tests in statistics["tests_by_mangled_function_name"].items():
        file = "/".join(key.rsplit(".", 1)[0].split(".")) + ".py"
        reached.setdefault(file, set()).update(tests)
    order = sorted(durations, key=lambda test: (durations[test], test))
    return {file: [test for test in order if test in tests] for file, tests in reached.items()}, order


def _tree(place: Path, number: int) -> Path:
    tree = place / f"definitions-{number}"
    for name in ("src", "tests", "verification"):
        shutil.copytree(place / name, tree / name)
    shutil.copy(place / "pyproject.toml", tree)
    return tree


def _prove_sound(trees: Queue[Path], tests: Sequence[str]) -> None:
    """Without a mutant, every test must pass: only then does a failure say something of the mutant."""
    tree = trees.get()
    if _fails(tree, tests):
        raise bad("pytest", "a failure without any mutant", "tests that pass")
    trees.put(tree)


def _noticed(tree: Path, definition: Definition, tests: Mapping[str, list[str]], everything: Sequence[str]) -> bool:
    """The tests that reach the file come first; what they let pass meets all the others, too."""
    path = tree / "src" / definition.mutant.file
    original = path.read_text(encoding="utf-8")
    near = tests.get(definition.mutant.file, [])
    known = set(near)
    far = [test for test in everything if test not in known]
    try:
        _write(path, definition.text)
        return any(_fails(tree, each) for each in (near, far) if each)
    finally:
        _write(path, original)


def _write(path: Path, text: str) -> None:
    # Compiled code is told from its source by size and second only: two mutants may agree in both.
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def _fails(tree: Path, tests: Sequence[str]) -> bool:
    (tree / "tests.txt").write_text("\n".join(tests), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "@tests.txt"]
    env = surroundings() | {"PYTHONPATH": str(tree / "src")}
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, timeout=_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0
