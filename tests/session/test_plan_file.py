"""The plan's file: what cannot be a plan is refused in one line, and a plan comes back with its very text."""

import os
from pathlib import Path

import pytest

from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import NEEDED_TO_BEGIN, read_plan
from syntherm.session.plan_file import MAX_BYTES, PlanFileRefused, load_plan

PLAN = Path(__file__).parents[2] / "verification" / "plans" / "igo-breast.toml"


def refusal(path: Path) -> str:
    with pytest.raises(PlanFileRefused) as caught:
        load_plan(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_the_plan_comes_with_the_text_it_was_read_from() -> None:
    plan, text = load_plan(PLAN)
    assert text.encode() == PLAN.read_bytes()
    assert plan == read_plan(text)


@pytest.mark.verifies("SRS-601")
@pytest.mark.parametrize("table", sorted(NEEDED_TO_BEGIN))
def test_a_plan_of_an_earlier_release_begins_no_session(table: str, tmp_path: Path) -> None:
    text = PLAN.read_text(encoding="utf-8")
    start = text.index(f"[{table}]\n")
    end = text.find("\n[", start)
    older = text[:start] + text[end + 1 if end > 0 else len(text) :]
    path = tmp_path / "plan.toml"
    path.write_text(older, encoding="utf-8")
    assert getattr(read_plan(older), table) is None
    with pytest.raises(PlanRefused) as caught:
        load_plan(path)
    assert [(each.field, each.expected) for each in caught.value.problems] == [(table, f"[{table}], a table")]


def test_line_ends_come_back_as_they_were_signed(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(PLAN.read_bytes().replace(b"\n", b"\r\n"))
    plan, text = load_plan(path)
    assert text.encode() == path.read_bytes()
    assert plan == load_plan(PLAN)[0]


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.toml") == "found no such file, expected a treatment plan"


def test_a_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "found a directory, expected a treatment plan file"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "found a device or pipe, expected a treatment plan file"


def test_an_unreadable_file(tmp_path: Path) -> None:
    """Permissions do not stop an administrator, who may run the tests: a name that is too long stops everybody."""
    found = refusal(tmp_path / ("n" * 300))
    assert found == "found a file that cannot be read (File name too long), expected a treatment plan"


def test_a_file_that_may_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"a = 1\n")

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    assert refusal(path) == "found a file that cannot be read (Permission denied), expected a treatment plan"


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.touch()
    assert refusal(path) == "found an empty file, expected a treatment plan"


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.toml"
    plan = PLAN.read_bytes()
    rest = MAX_BYTES - len(plan)
    padding = b"\n" * rest
    path.write_bytes(plan + padding)
    assert load_plan(path)[0] == load_plan(PLAN)[0]
    path.write_bytes(plan + padding + b"\n")
    monkeypatch.delattr(Path, "open")  # judged before anything is read
    assert refusal(path) == f"found {MAX_BYTES + 1} bytes or more, expected at most {MAX_BYTES}"


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"#")
    opened = Path.open

    def grow(self: Path, mode: str) -> object:
        with opened(self, "wb") as file:
            file.write(b"#" * (2 * MAX_BYTES))
        return opened(self, mode)

    monkeypatch.setattr(Path, "open", grow)
    assert refusal(path) == f"found {MAX_BYTES + 1} bytes or more, expected at most {MAX_BYTES}"


def test_binary_content(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(PLAN.read_bytes() + b"\0")
    assert refusal(path) == "found a binary file, expected a treatment plan in UTF-8 text"


def test_another_encoding_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes("# eins\n# größer\n".encode("latin-1"))
    assert refusal(path) == "line 2: found bytes that are not UTF-8, expected UTF-8 text"


def test_what_is_text_but_no_plan_is_refused_by_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("a = = 1\n")
    with pytest.raises(PlanRefused) as caught:
        load_plan(path)
    assert str(caught.value) == "line 1: file: found no valid TOML (Invalid value), expected TOML 1.0"
