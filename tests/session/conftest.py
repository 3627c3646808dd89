"""The rig as a fixture."""

from types import ModuleType

import pytest
import rig


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The builders: Rig, sham ports, the small plan."""
    return rig


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
