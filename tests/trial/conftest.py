"""A small trial: three sessions of one site on three days, one of which was not closed, and one of another kind."""

import shutil
from pathlib import Path

import kept
import pytest

from syntherm.trial.command import trial


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the records; no test may change it."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("a", "b", "c", "open"):
        (folder / name).mkdir()
    kept.on_day(folder / "a" / "record.db", 0)
    kept.on_day(folder / "b" / "record.db", 3)
    kept.eventful(folder / "c" / "record.db")
    left = kept.left_open(folder / "open" / "record.db")
    left.writer.let_go()
    return folder


@pytest.fixture
def records(made: Path, tmp_path: Path) -> Path:
    """A copy of them, to be moved and damaged."""
    return Path(shutil.copytree(made, tmp_path / "records"))


@pytest.fixture
def index(records: Path) -> Path:
    """An index of all of them, above them."""
    path = records.parent / "trial.idx"
    assert trial(["add", str(path), str(records), "--site", "North"]) == 0
    return path
