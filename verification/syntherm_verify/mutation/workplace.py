"""A copy of the tree in which mutants live; the checkout is never touched."""

import json
import os
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from syntherm_verify.mutation.targets import LEFT_OUT, TESTS, TOOLS

_NOT_COPIED: Final = shutil.ignore_patterns("__pycache__", ".hypothesis", "*.pyc")
_STEADY: Final = """

# Mutants are judged by the same examples every time, and a failing one is not made smaller.
from hypothesis import Phase, settings

settings.register_profile("mutants", derandomize=True, deadline=None, database=None,
                          phases=(Phase.explicit, Phase.generate))
settings.load_profile("mutants")
"""


def furnish(root: Path, place: Path, files: Sequence[str]) -> None:
    """Copy code, tests and plans of the checkout to `place`, with the tool's settings for these files.

    The code lies in `src/`, where the tool looks for it.
    """
    shutil.copytree(root / "device" / "syntherm", place / "src" / "syntherm", ignore=_NOT_COPIED)
    shutil.copytree(root / "verification" / "plans", place / "verification" / "plans")
    for name in TESTS:
        if (root / name).is_dir():
            shutil.copytree(root / name, place / name, ignore=_NOT_COPIED)
        else:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, place / name)
    for name in LEFT_OUT:
        if (place / name).is_dir():
            shutil.rmtree(place / name)
        else:
            (place / name).unlink()
    for test in (place / "tests").rglob("test_*.py"):
        if TOOLS in test.read_text(encoding="utf-8"):
            test.unlink()
    with (place / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(_STEADY)
    (place / "pyproject.toml").write_text(_settings(root, files), encoding="utf-8")


def _settings(root: Path, files: Sequence[str]) -> str:
    pytest = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    mutmut: Mapping[str, object] = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{name}" for name in files],
        "also_copy": ["verification"],
        "pytest_add_cli_args_test_selection": ["tests"],
        # Wide, so that a busy machine does not make a mutant look noticed.
        "timeout_multiplier": 60.0,
        "timeout_constant": 60.0,
        "track_dependencies": False,
        "use_git_change_detection": False,
    }
    return _table("tool.pytest.ini_options", pytest) + _table("tool.mutmut", mutmut)


def _table(name: str, values: Mapping[str, object]) -> str:
    # JSON's text, numbers, lists of text and booleans are TOML's as well.
    return f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def surroundings() -> dict[str, str]:
    """The environment of every process that runs mutants: one thread each."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONSAFEPATH": "1", "COLUMNS": "120"}
