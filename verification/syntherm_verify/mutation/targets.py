"""Which files are mutated, and which tests must notice."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from syntherm_verify.trace.errors import bad

_CORE: Final = "syntherm/core/"
CORE: Final = (
    "guards.py", "latch.py", "lease.py", "dose.py", "bounds.py", "calibration.py", "effects.py", "step.py",
    "machine.py", "drug/ledger.py", "observe/*.py", "checks/*.py", "control/*.py", "thermometry/summary.py",
    "thermometry/validity.py",
)  # fmt: skip
"""Files below `device/syntherm/core` on which a patient's safety rests directly."""

TESTS: Final = ("tests/conftest.py", "tests/builders", "tests/core", "tests/properties")
LEFT_OUT: Final = ("tests/core/plan", "tests/properties/test_prop_session.py")
"""Tests of other files, and those that take seconds: a mutant must be noticed by the fast ones."""
TOOLS: Final = "syntherm_verify"
"""A test that names these tools compares the core with a model, for minutes: it is left out as well."""


def targets(root: Path, patterns: Sequence[str] = ()) -> tuple[str, ...]:
    """Files to mutate, below `device/`. Raises BadInput for a pattern that fits none of them."""
    core = root / "device" / "syntherm" / "core"
    files = sorted({f"{_CORE}{path.relative_to(core).as_posix()}" for glob in CORE for path in core.glob(glob)})
    files = [name for name in files if not name.endswith("__init__.py")]
    for pattern in patterns:
        if not _fitting(files, (pattern,)):
            raise bad("--files", repr(pattern), "a pattern of files below device/syntherm/core, as 'checks/*.py'")
    return _fitting(files, patterns) if patterns else tuple(files)


def _fitting(files: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in files if any(fnmatch(name, f"{_CORE}{pattern}") for pattern in patterns))
