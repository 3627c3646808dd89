"""The bench of `core_bench.py` as fixtures, for every folder of tests that steps the core."""

from types import ModuleType

import core_bench
import pytest


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The builders: Picture, volume_of, Drive, Room."""
    return core_bench


@pytest.fixture(scope="session")
def bench() -> core_bench.Bench:
    """Sessions that have come to a named place, on the small plan."""
    return core_bench.Bench()
