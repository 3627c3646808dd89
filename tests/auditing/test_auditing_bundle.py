"""The bundle: all that verifying a record offline takes, in bytes that depend on nothing else."""

import hashlib
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import kept
import pytest
from rig import KEY

from syntherm.audit.keys import make_key
from syntherm.audit.seal import read_seal, seal_path
from syntherm.audit.verify import verify
from syntherm.auditing.command import export

pytestmark = pytest.mark.verifies("SRS-514")

Copy = Callable[[Path], Path]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public key of the site that made the records, as a file."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    path = tmp_path_factory.mktemp("key") / "of-the-site.pem"
    path.write_bytes(KEY.secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def bundled(record: Path, out: Path, *more: str) -> int:
    return export([str(record), "--out", str(out), "--bundle", *more])


def unpacked(out: Path) -> Path:
    with zipfile.ZipFile(out / "record.bundle.zip") as archive:
        archive.extractall(out)
    return out / "record"


def test_it_holds_all_that_verifying_takes(told: Path, tmp_path: Path, public: Path, count: Counter[str]) -> None:
    script = tmp_path / "verify_record.py"
    script.write_text("print('a verifier')\n")
    assert bundled(told, tmp_path / "out", "--key", str(public), "--with", str(script)) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["record.bundle.zip"]
    folder = unpacked(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == [
        "MANIFEST", "README.txt", "entries.jsonl", "record-format.md", "record.db", "record.db.seal", "site.pub",
        "verify_record.py",
    ]  # fmt: skip
    assert (folder / "record.db").read_bytes() == told.read_bytes()
    assert (folder / "site.pub").read_bytes() == public.read_bytes()
    assert verify(folder / "record.db", read_seal(told).head, [KEY.public]).sound
    assert len((folder / "entries.jsonl").read_text().splitlines()) == count.total()


def test_the_manifest_is_what_sha256sum_reads(told: Path, tmp_path: Path) -> None:
    assert bundled(told, tmp_path) == 0
    folder = unpacked(tmp_path)
    names = {line.split("  ")[1] for line in (folder / "MANIFEST").read_text().splitlines()}
    assert names == {path.name for path in folder.iterdir()} - {"MANIFEST"}
    assert subprocess.run(["sha256sum", "-c", "MANIFEST"], cwd=folder, capture_output=True, check=False).returncode == 0
    (folder / "README.txt").write_text("changed")
    assert subprocess.run(["sha256sum", "-c", "MANIFEST"], cwd=folder, capture_output=True, check=False).returncode == 1


def test_its_bytes_depend_on_its_contents_alone(told: Path, copy: Copy, tmp_path: Path, public: Path) -> None:
    path = copy(told)
    path.touch()
    assert bundled(told, tmp_path / "a", "--key", str(public)) == 0
    assert bundled(path, tmp_path / "b", "--key", str(public), "--jsonl", "--csv") == 0
    with zipfile.ZipFile(tmp_path / "a" / "record.bundle.zip") as archive:
        assert {(info.date_time, info.compress_type) for info in archive.infolist()} == {((1980, 1, 1, 0, 0, 0), 0)}
    one, other = ((tmp_path / name / "record.bundle.zip").read_bytes() for name in ("a", "b"))
    assert hashlib.sha256(one).hexdigest() == hashlib.sha256(other).hexdigest()


def test_the_readme_says_what_to_do_with_these_files(told: Path, tmp_path: Path, public: Path) -> None:
    assert bundled(told, tmp_path / "bare") == 0
    script = tmp_path / "verify_record.py"
    script.write_text("print('a verifier')\n")
    assert bundled(told, tmp_path / "full", "--key", str(public), "--with", str(script)) == 0
    bare, full = ((unpacked(tmp_path / name) / "README.txt").read_text(encoding="ascii") for name in ("bare", "full"))
    seal = read_seal(told)
    for text in (bare, full):
        assert f"syntherm record verify record.db --head {seal.head}" in text
        assert seal.sha256 in text and KEY.public.fingerprint in text and "Not cleared for clinical use" in text
        assert max(len(line) for line in text.splitlines()) <= 130
    assert f"python3 verify_record.py record.db --head {seal.head} --key site.pub\n" in full
    assert "verify_record.py" not in bare and "site.pub" not in bare


def test_the_report_goes_along_if_it_is_this_records(
    told: Path, copy: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy(told)
    report = path.with_name("report.html")
    report.write_text(f"<p>{read_seal(path).head}</p>")
    assert bundled(path, tmp_path / "a") == 0
    assert (unpacked(tmp_path / "a") / "report.html").read_bytes() == report.read_bytes()
    report.write_text("<p>of another session</p>")
    capsys.readouterr()
    assert bundled(path, tmp_path / "b") == 1
    assert "report.html beside the record does not name its head: left out" in capsys.readouterr().out
    assert not (unpacked(tmp_path / "b") / "report.html").exists()


def test_a_record_that_was_not_closed_is_not_handed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    kept.left_open(tmp_path / "in" / "record.db").writer.let_go()
    assert bundled(tmp_path / "in" / "record.db", tmp_path / "out") == 2
    assert "no seal lies beside it" in capsys.readouterr().err and not (tmp_path / "out").exists()
    (tmp_path / "in" / "record.db.seal").write_text("{}\n")
    assert bundled(tmp_path / "in" / "record.db", tmp_path / "out") == 2
    assert "not a seal" in capsys.readouterr().err


def test_a_changed_record_is_handed_over_with_a_warning(
    told: Path, copy: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy(told)
    kept.change(path, "UPDATE entries SET utc = 'never' WHERE seq = 5")
    assert bundled(path, tmp_path / "out") == 1
    assert f"{path}: the record is not the file that was sealed" in capsys.readouterr().out


def test_another_sites_key_is_told(told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_key(tmp_path / "other")
    assert bundled(told, tmp_path / "out", "--key", str(tmp_path / "other" / "site.pub")) == 1
    assert "the record names another site key than the one in the bundle" in capsys.readouterr().out


def test_no_secret_key_is_ever_handed_over(told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_key(tmp_path / "keys")
    for option in ("--key", "--with"):
        assert bundled(told, tmp_path / "out", option, str(tmp_path / "keys" / "site.key")) == 2
        err = capsys.readouterr().err
        assert ("holds a secret key" in err or "no public key" in err) and not (tmp_path / "out").exists()


def test_two_files_of_one_name_are_refused(told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("README.txt", "record.db", "MANIFEST", "entries.jsonl"):
        (tmp_path / name).write_text("mine")
        assert bundled(told, tmp_path / "out", "--with", str(tmp_path / name)) == 2
        assert "something of that name is in the bundle already" in capsys.readouterr().err
    assert bundled(told, tmp_path / "out", "--with", str(tmp_path / "missing.txt")) == 2
    assert "no such file" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_the_format_that_goes_along_is_the_one_of_the_documents() -> None:
    shipped, written = ROOT / "device/syntherm/auditing/record-format.md", ROOT / "docs/record-format.md"
    assert shipped.read_text() == written.read_text(), f"renew it: cp {written} {shipped}"


def test_the_seal_beside_stays_as_it_was(told: Path, tmp_path: Path) -> None:
    before = seal_path(told).read_bytes()
    assert bundled(told, tmp_path) == 0
    assert (unpacked(tmp_path) / "record.db.seal").read_bytes() == before == seal_path(told).read_bytes()
