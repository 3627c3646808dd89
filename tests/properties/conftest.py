"""The bench of `bench.py` as a fixture; loaded by its path, since tests are no package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def load_bench() -> ModuleType:
    name, path = "syntherm_test_bench", Path(__file__).parents[1] / "core" / "bench.py"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The builders: Picture, volume_of, Drive, Room."""
    return load_bench()


@pytest.fixture(scope="session")
def bench(made: ModuleType):
    """Sessions that have come to a named place, on the small plan."""
    return made.Bench()
