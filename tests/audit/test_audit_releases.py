"""Records of other releases: kept as golden files, read as they are, executed, and never rewritten."""

import gzip
import shutil
from importlib import metadata
from pathlib import Path
from types import ModuleType

import attrs
import laid
import pytest
import rig

from syntherm.audit.check import check
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.releases import EXECUTED, refusal
from syntherm.audit.replay import replay
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.cli import run
from syntherm.ports.record import AuditFailed
from syntherm.session.records import recover

pytestmark = pytest.mark.verifies("SRS-512")

GOLDEN = Path(__file__).parent.parent / "golden" / "records"
KEPT = sorted(path.relative_to(GOLDEN).as_posix() for path in GOLDEN.glob("*/*.db.gz"))
FORMATS = {"0.1.0": 1}
"""Of each release, where it is not the newest."""


OLDER = [each for each in KEPT if FORMATS.get(each.split("/")[0], 2) == 1]
assert OLDER, "a record of format 1 is kept"


def unpacked(name: str, folder: Path) -> Path:
    """A record as its release left it, in a folder named like the release."""
    packed = GOLDEN / name
    record = folder / packed.parent.name / packed.stem
    record.parent.mkdir()
    with gzip.open(packed) as source, record.open("wb") as target:
        shutil.copyfileobj(source, target)
    shutil.copyfile(seal_path(packed.with_suffix("")), seal_path(record))
    return record


@pytest.fixture(params=KEPT)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A record of any release."""
    return unpacked(request.param, tmp_path)


@pytest.fixture(params=OLDER)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A record of format 1."""
    return unpacked(request.param, tmp_path)


def folder(record: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in record.parent.iterdir()}


def test_records_of_every_earlier_release_that_is_executed_are_kept() -> None:
    this = metadata.version("syntherm")
    assert this in EXECUTED
    assert {Path(each).parts[0] for each in KEPT} >= set(EXECUTED) - {this}


@pytest.mark.verifies("SRS-502", "SRS-503", "SRS-114")
def test_a_kept_record_is_sound_decided_the_same_again_and_left_as_it_was(kept: Path) -> None:
    before = folder(kept)
    with AuditReader(kept) as reader:
        assert reader.version == FORMATS.get(kept.parent.name, 2)
        assert reader.opened().get("syntherm") == kept.parent.name
        entries = sum(1 for _ in reader.entries())
    result = verify(kept)
    assert result.findings == () and result.entries == entries > 300
    assert (result.key is None) is (FORMATS.get(kept.parent.name, 2) == 1)
    again = replay(kept)
    assert again.difference is None and again.compared == again.decisions > 150
    assert check(kept).findings == ()
    for command in ("verify", "replay", "check"):
        assert run(["record", command, str(kept)]) == 0
    assert folder(kept) == before


@pytest.mark.verifies("SRS-502")
def test_a_changed_kept_record_is_found(kept: Path) -> None:
    head = verify(kept).head
    assert verify(kept, "0" * 64).first_bad == verify(kept).entries and verify(kept, head).sound
    data = bytearray(kept.read_bytes())
    data[len(data) // 2] ^= 1
    kept.write_bytes(data)
    assert not verify(kept).sound


@pytest.mark.parametrize("sealed", [True, False])
def test_a_record_of_another_format_is_not_gone_on_with_nor_touched(
    older: Path, made: ModuleType, sealed: bool
) -> None:
    if not sealed:
        seal_path(older).unlink()
    before = folder(older)
    with pytest.raises(AuditFailed, match="is closed and sealed" if sealed else "is of format 1; only format 2"):
        recover(older, made.ShamClock(), rig.KEY)
    assert folder(older) == before
    with pytest.raises(AuditFailed, match="has another format; only version 2 is gone on with"):
        AuditWriter(older, rig.KEY, create=False)


@pytest.mark.verifies("SRS-506")
def test_a_record_that_no_key_signs_is_not_sound_for_who_has_a_key(
    older: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise whoever cannot sign could write the older format, and lay it in the place of a signed record."""
    (finding,) = verify(older, None, [rig.KEY.public]).findings
    assert (finding.entry, str(finding)) == (0, "the record is of format 1, which no key signs")
    (tmp_path / "site.pub").write_bytes(rig.KEY.public_pem)
    assert run(["record", "verify", str(older), "--key", str(tmp_path / "site.pub")]) == 1
    assert "which no key signs" in capsys.readouterr().out
    assert run(["record", "verify", str(older)]) == 0
    assert "not signed (format 1)" in capsys.readouterr().out


# ----------------------------------------------------------------------------------------------------- unknown releases
@pytest.mark.parametrize("release", EXECUTED)
def test_releases_that_are_repeated(release: str) -> None:
    assert refusal({"syntherm": release}) is None


@pytest.mark.parametrize("release", ["0.0.9", "0.3.0", "0.1.0.dev1", "10.0.0", "", "one\ntwo", None, 2, ["0.1.0"]])
def test_a_record_of_an_unknown_release_is_refused_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], release: object
) -> None:
    path, lines = tmp_path / "record.db", laid.day()
    lines[0] = attrs.evolve(lines[0], body=laid.opened(syntherm=release))
    laid.lay(path, lines)
    with pytest.raises(UnreadableRecord) as caught:
        replay(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: recorded by syntherm ") and "\n" not in message
    assert ascii(release).strip("'") in message and all(each in message for each in EXECUTED)
    assert run(["record", "replay", str(path)]) == 2
    assert capsys.readouterr().err == f"{message}\n"
    if isinstance(release, str):
        assert verify(path).findings == (), "it can be verified all the same: the format says how"
