"""The one bridge from tests to the trace: marker `verifies` to a JUnit property.

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
