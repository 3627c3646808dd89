"""The story of a small session as a fixture."""

from pathlib import Path
from types import ModuleType

import pytest
import story

from syntherm.audit.reader import AuditReader
from syntherm.reports.history import read_history
from syntherm.reports.values import History


@pytest.fixture(scope="session")
def stories() -> ModuleType:
    return story


@pytest.fixture(scope="session")
def record(stories: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole small session, closed; no test may change it."""
    path = tmp_path_factory.mktemp("report") / "record.db"
    stories.tell(path)
    return path


@pytest.fixture(scope="session")
def history(record: Path) -> History:
    with AuditReader(record) as reader:
        return read_history(reader)
