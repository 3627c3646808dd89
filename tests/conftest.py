"""The one bridge from tests to the trace: marker `verifies` to a JUnit property; and what real equipment is told by.

Ids are joined in one property, since readers of JUnit keep only one of a name. They are set at collection, so that
they survive skip, xfail, parametrisation and distribution over processes.
"""

import re

import pytest
from hypothesis import settings

# How long a test takes says how busy the machine is: it is measured in benchmarks, and asserted nowhere.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

_ID = re.compile(r"SRS-\d{3}|RC-\d{2}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which equipment the contract suites may use, and what they may do to it: docs/commissioning.md."""
    group = parser.getgroup("real equipment", "contract suites on the equipment of a site (docs/commissioning.md)")
    group.addoption("--site", metavar="FILE", help="site file; or SYNTHERM_SITE. Not while a session runs or waits")
    group.addoption("--plan", metavar="FILE", help="plan whose images and pump settings are expected; or SYNTHERM_PLAN")
    group.addoption("--lend-power", metavar="W", type=float, help="power may be lent, so much in all: into a phantom")
    group.addoption("--run-pump", action="store_true", help="the pump may run: with water, without a patient's line")
    group.addoption("--by-hand", action="store_true", help="a person acts when asked; with -s")


def pytest_configure(config: pytest.Config) -> None:
    """Two marks of the contract suites."""
    config.addinivalue_line("markers", "hardware: on the equipment of a site; skipped without --site and --plan")
    config.addinivalue_line("markers", "only_simulated(why): a contract that real equipment is not put through")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every marked test its `verifies` property. Raises UsageError for what is no id of either kind."""
    for item in items:
        ids: set[str] = set()
        for marker in item.iter_markers("verifies"):
            wrong = [each for each in marker.args if not (isinstance(each, str) and _ID.fullmatch(each))]
            if wrong or marker.kwargs or not marker.args:
                found = repr(wrong[0]) if wrong else f"{marker.args} {marker.kwargs}"
                raise pytest.UsageError(f"{item.nodeid}: verifies: found {found}, expected ids as SRS-101 or RC-01")
            ids.update(marker.args)
        if ids:
            item.user_properties.append(("verifies", ",".join(sorted(ids))))
