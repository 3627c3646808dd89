"""The story of a small session as a fixture; loaded by its path, since tests are no package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.reader import AuditReader
from syntherm.reports.history import read_history
from syntherm.reports.values import History


@pytest.fixture(scope="session")
def stories() -> ModuleType:
    name, path = "syntherm_report_story", Path(__file__).with_name("story.py")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


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
