"""Records that are told by hand, made once; whoever changes one takes a copy."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import kept
import pytest
import story

from syntherm.audit.reader import AuditReader
from syntherm.audit.seal import seal_path

Copy = Callable[[Path], Path]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small session, whole and closed: heating from 200 s, a fault at 332 s, cooling from 400 s."""
    path = tmp_path_factory.mktemp("told") / "record.db"
    story.tell(path)
    return path


@pytest.fixture(scope="session")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session of two controllers in which everything happens that a record can hold."""
    path = tmp_path_factory.mktemp("eventful") / "record.db"
    kept.eventful(path)
    return path


def counted(record: Path) -> Counter[str]:
    with AuditReader(record) as reader:
        return Counter(entry.kind for entry in reader.entries())


@pytest.fixture(scope="session")
def count(told: Path) -> Counter[str]:
    """How many entries of each kind the small session has."""
    return counted(told)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of a closed record with its seal, in a folder of its own."""

    def make(record: Path) -> Path:
        target = tmp_path / "copied" / record.name
        target.parent.mkdir()
        shutil.copyfile(record, target)
        shutil.copyfile(seal_path(record), seal_path(target))
        return target

    return make
