"""A sound record, and the second verifier run on one in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from document_record import lay, whole

from independent import verify_record

Verify = Callable[..., dict[str, Any]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """Runs the verifier in this process; its JSON, after a look at the exit code."""

    def run(path: Path, *arguments: object) -> dict[str, Any]:
        code = verify_record.main([str(path), "--json", *map(str, arguments)])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert code == (0 if told["sound"] else 1)
        assert told["sound"] == (told["findings"] == []) == (told["first_bad"] is None)
        return told

    return run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    lay(tmp_path / "record.db", whole())
    return tmp_path / "record.db"
