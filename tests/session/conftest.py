"""The rig as a fixture; loaded by its path, since tests are no package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def load_rig() -> ModuleType:
    name, path = "syntherm_test_rig", Path(__file__).with_name("rig.py")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The builders: Rig, sham ports, the small plan."""
    return load_rig()


@pytest.fixture(scope="session")
def places(made: ModuleType):
    """Rigs that have come to a named place of the day; take a fresh one by `places[name].reaching()`."""
    rig = made.Rig.of(made.small_plan())
    reached = {"begun": rig.reaching()}
    legs = (("set-up", rig.set_up), ("accepted", rig.calibrate), ("heating", rig.heat))
    for name, leg in legs:
        leg()
        reached[name] = rig.reaching()
    rig.act(made.Trigger.RELEASE_INFUSION)
    rig.live(2, 41.2)
    reached["infusing"] = rig.reaching()
    return reached
