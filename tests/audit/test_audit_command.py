"""`syntherm record`: 0 when all is well, 1 when something was found, 2 when there is no record to look at."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
import rig

from syntherm.audit.keys import SiteKey, make_key
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.cli import run

Copy = Callable[[Path], Path]


@pytest.mark.verifies("SRS-502", "SRS-503")
@pytest.mark.parametrize("command", ["verify", "replay"])
def test_a_sound_record(whole: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(["record", command, str(whole)]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    if command == "replay":
        assert len(lines) == 1 and "decisions equal" in out
    else:
        named = "which only the record names: compare it with the site's, or give --key"
        assert lines[0] == f"{whole}: signed by key {rig.KEY.public.fingerprint}, {named}"
        assert lines[1].startswith(f"{whole}: sound; ") and lines[1].endswith(f"head {verify(whole).head}")
        assert len(lines) == 2


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The site's public key, in its file."""
    path = tmp_path / "keys" / "site.pub"
    path.parent.mkdir()
    path.write_bytes(rig.KEY.public_pem)
    return path


@pytest.mark.verifies("SRS-506", "SRS-507")
def test_the_sites_key_tells_who_signed(
    whole: Path, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_key(tmp_path / "another")
    other = tmp_path / "another" / "site.pub"
    for keys in ([site], [other, site]):
        given = [word for key in keys for word in ("--key", str(key))]
        assert run(["record", "verify", str(whole), *given]) == 0
        assert f"{whole}: signed by key {rig.KEY.public.fingerprint}\n" in capsys.readouterr().out
    assert run(["record", "verify", str(whole), "--key", str(other)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "which is not one of those given" in lines[0] and lines[1] == f"{whole}: first bad entry 1"


@pytest.mark.verifies("SRS-506", "SRS-507")
def test_a_record_that_a_stranger_signed_anew_shows_by_the_sites_key_alone(
    short: Path, copy: Copy, forge: ModuleType, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Changed, chained, signed and sealed by a key of its own: all of it fits, but the key is not the site's."""
    path, stranger = copy(short), SiteKey.made()
    forge.edit(path, "UPDATE entries SET body = replace(body, 'operator-a', 'operator-x')")
    forge.edit(
        path, f"UPDATE entries SET body = json_set(body, '$.site_key', '{stranger.public.raw_hex}') WHERE seq = 1"
    )
    forge.rechain(path, stranger)
    forge.reseal(path, key=stranger)
    assert run(["record", "verify", str(path)]) == 0
    assert f"signed by key {stranger.public.fingerprint}, which only the record names" in capsys.readouterr().out
    assert run(["record", "verify", str(path), "--key", str(site)]) == 1
    assert f"{path}: first bad entry 1" in capsys.readouterr().out


@pytest.mark.verifies("SRS-507")
@pytest.mark.parametrize("kind", ["missing", "folder", "text", "the secret one"])
def test_a_key_that_is_none_is_bad_input(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = tmp_path / "key"
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("no key")
    elif kind == "the secret one":
        make_key(tmp_path)
        path = tmp_path / "site.key"
    assert run(["record", "verify", str(whole), "--key", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"{path}: ") and len(err.splitlines()) == 1


@pytest.mark.verifies("SRS-502", "SRS-512")
def test_verifying_changes_no_byte(whole: Path, copy: Copy, site: Path) -> None:
    path = copy(whole)
    before = {entry.name: entry.read_bytes() for entry in path.parent.iterdir() if entry.is_file()}
    run(["record", "verify", str(path), "--key", str(site), "--head", verify(whole).head])
    assert {entry.name: entry.read_bytes() for entry in path.parent.iterdir() if entry.is_file()} == before


@pytest.mark.verifies("SRS-502")
def test_the_head_from_the_report_tells_another_record(
    whole: Path, short: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["record", "verify", str(whole), "--head", verify(whole).head]) == 0
    assert run(["record", "verify", str(whole), "--head", verify(short).head]) == 1
    out = capsys.readouterr().out
    assert "the head is" in out and f"{whole}: first bad entry {verify(whole).entries}\n" in out


@pytest.mark.verifies("SRS-502")
def test_the_first_bad_entry_is_named(
    short: Path, copy: Copy, forge: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    path, head = copy(short), verify(short).head
    forge.edit(path, "UPDATE entries SET body = 'null' WHERE seq IN (7, 12)")
    forge.reseal(path, head)
    assert run(["record", "verify", str(path)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith(f"{path}: entry 7 (") and out[-1].startswith(f"{path}: 1 finding(s)")
    assert out[1] == f"{path}: first bad entry 7"


@pytest.mark.verifies("SRS-502")
def test_where_only_the_file_is_wrong_no_entry_is_bad(
    short: Path, copy: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy(short)
    seal_path(path).unlink()
    assert run(["record", "verify", str(path)]) == 1
    assert capsys.readouterr().out.splitlines()[1] == f"{path}: no entry is bad"


@pytest.mark.verifies("SRS-503")
def test_the_first_difference_is_named(
    short: Path, copy: Copy, forge: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy(short)
    forge.edit(path, """UPDATE entries SET body = replace(body, '"heating_s":0.0', '"heating_s":5.0')
                        WHERE kind = 'decision' AND seq > 9""")  # fmt: skip
    forge.rechain(path)
    forge.reseal(path)
    with closing(sqlite3.connect(path)) as db:
        first = db.execute("SELECT min(seq) FROM entries WHERE kind = 'decision' AND seq > 9").fetchone()[0]
    assert run(["record", "replay", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}: differs at entry {first} (decision): heating_s: recorded 5.0, now 0.0" in out


@pytest.mark.verifies("SRS-502")
@pytest.mark.parametrize("command", ["verify", "replay"])
@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "too long a name", "cut"])
def test_what_is_no_record_is_bad_input(
    short: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, command: str
) -> None:
    path = tmp_path / ("n" * 300 if kind == "too long a name" else "record.db")
    if kind == "folder":
        path.mkdir()
    elif kind in ("empty", "text", "cut"):
        path.write_bytes({"empty": b"", "text": b"no record\n" * 999, "cut": short.read_bytes()[:5000]}[kind])
        shutil.copyfile(seal_path(short), seal_path(path))
    assert run(["record", command, str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"{path}: ") and len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["record"], ["record", "mend", "x"], ["record", "verify"], ["nonsense"]])
def test_what_is_no_command_says_how_to_use_it(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = run(arguments)
    except SystemExit as left:
        code = left.code
    assert code == 2 and "usage: syntherm" in capsys.readouterr().err
