"""A sound record, and both verifiers run on one in this process: they always agree."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from document_record import lay, whole

from independent import verify_record
from syntherm.audit.keys import load_public
from syntherm.audit.verify import verify as verify_by_device

Verify = Callable[..., dict[str, Any]]


def _given(arguments: tuple[object, ...]) -> tuple[str | None, list[Path]]:
    """The head and the keys among the arguments, `--head HEAD --key KEY ...`, as the device takes them."""
    words = list(map(str, arguments))
    head = words[words.index("--head") + 1].lower() if "--head" in words else None
    return head, [Path(word) for word in words if word.endswith(".pub")]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """Runs the verifier in this process; its JSON, after a look at the exit code."""

    def run(path: Path, *arguments: object) -> dict[str, Any]:
        code = verify_record.main([str(path), "--json", *map(str, arguments)])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert code == (0 if told["sound"] else 1)
        assert told["sound"] == (told["findings"] == []) == (told["first_bad"] is None)
        head, keys = _given(arguments)
        first = verify_by_device(path, head, [load_public(key) for key in keys])
        assert (first.sound, first.first_bad) == (told["sound"], told["first_bad"]), (first.findings, told["findings"])
        return told

    return run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    lay(tmp_path / "record.db", whole())
    return tmp_path / "record.db"
