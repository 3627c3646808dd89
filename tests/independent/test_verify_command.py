"""The second verifier as a command: its lines, its exit codes, and files that are damaged anyhow."""

import ast
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from document_record import ARRAYS, KEY, NEXT_KEY, SESSION, chained, keys, lay, on, seal, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from independent import verify_record

Verify = Callable[..., dict[str, Any]]

SCRIPT = Path(verify_record.__file__)

# Anything at all


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    path = tmp_path_factory.mktemp("flips") / "record.db"
    lay(path, whole(), page_bytes=512)
    return path, path.read_bytes(), Path(f"{path}.seal").read_bytes()


def flipped(content: bytes, flips: Iterable[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for at, bit in flips:
        changed[at % len(content)] ^= 1 << bit
    return bytes(changed)


def exit_code(path: Path) -> int:
    try:
        return verify_record.main([str(path)])
    except SystemExit as ended:
        assert ended.code == 2
        return 2


FLIPS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), min_size=1, max_size=3, unique=True)


@settings(deadline=None, max_examples=100, database=None, derandomize=True)
@given(flips=FLIPS, in_seal=st.booleans())
def test_no_flipped_bit_is_sound(
    original: tuple[Path, bytes, bytes], flips: list[tuple[int, int]], in_seal: bool
) -> None:
    path, database, sealed = original
    changed = flipped(sealed if in_seal else database, flips)
    path.write_bytes(database if in_seal else changed)
    Path(f"{path}.seal").write_bytes(changed if in_seal else sealed)

    assert exit_code(path) in ((1, 2) if changed not in (database, sealed) else (0,))


@settings(deadline=None, max_examples=100, database=None, derandomize=True)
@given(flips=FLIPS)
def test_flipped_bits_under_a_seal_never_end_in_a_traceback(
    original: tuple[Path, bytes, bytes], flips: list[tuple[int, int]]
) -> None:
    path, database, _ = original
    path.write_bytes(flipped(database, flips))
    seal(path, chained(whole())[-1][-1].hex())

    if exit_code(path) == 0:  # a bit that carries nothing, as some after the end of what is deflated
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as db:
            assert db.execute("SELECT * FROM entries ORDER BY seq").fetchall() == chained(whole())
            found = {row[:4]: zlib.decompress(row[4]) for row in db.execute("SELECT * FROM arrays")}
            assert found == {array.row()[:4]: zlib.decompress(array.data) for array in ARRAYS}


# The command


def run(*arguments: object, flags: str = "-I") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, flags, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_prints_findings_and_a_verdict(record: Path) -> None:
    head = chained(whole())[-1][-1].hex()
    good = run(record, "--key", *keys(record.parent, KEY, NEXT_KEY))
    assert (good.returncode, good.stdout, good.stderr) == (0, f"sound: 31 entries, 3 arrays, head {head}\n", "")

    on(record, "UPDATE entries SET body = '\u001b[31m' WHERE seq = 10")
    bad = run(record)
    lines = bad.stdout.splitlines()
    assert (bad.returncode, bad.stderr) == (1, "")
    assert lines[0].startswith("entry 10: chain")
    assert lines[1].startswith("file: head")
    assert lines[-1].startswith("NOT SOUND, first bad entry 10, by site keys that only the record itself names: 9 ent")
    assert "\u001b" not in bad.stdout


def test_command_without_its_package_says_so(record: Path) -> None:
    told = run(record, flags="-IS")

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "verify_record.py: error: needs PyNaCl: pip install pynacl\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "required: record"),
        (("none.db",), "none.db"),
        ((".",), "not a record"),
        (("text.db",), "not a record"),
        (("empty.db",), "no such table"),
        (("record.db", "--head", "12"), "--head"),
        (("record.db", "--key"), "--key"),
        (("record.db", "--key", "none.pub"), "none.pub"),
        (("record.db", "--key", "text.db"), "text.db: no PEM file of an Ed25519 public key"),
        (("record.db", "--other"), "--other"),
        (("old.db",), "schema_version: found [(1,)]"),
        (("new.db",), "schema_version: found [(3,)]"),
        (("two.db",), "schema_version: found [(2,), (2,)]"),
        (("odd.db",), "not a record"),
    ],
)
def test_what_is_no_record_or_argument_ends_in_one_line(
    record: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(record.parent)
    Path("text.db").write_text("a text that is no database, and not short either" * 20, encoding="ascii")
    Path("empty.db").touch()
    lay(Path("old.db"), whole(), version=1)
    lay(Path("new.db"), whole(), version=3)
    shutil.copy(record, "two.db")
    on(Path("two.db"), "INSERT INTO meta VALUES (2)")
    shutil.copy(record, "odd.db")
    on(Path("odd.db"), "UPDATE meta SET schema_version = CAST(x'0a0aff' AS TEXT)")

    with pytest.raises(SystemExit) as ended:
        verify_record.main(list(arguments))

    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert words in said.err


def test_script_is_short_and_needs_only_one_package() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"nacl"}
    assert len(text.splitlines()) < 300
    assert SESSION not in text
