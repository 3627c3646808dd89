"""Room for the record: taken before a session, given back as the record grows, and of no use to anybody else.

The disk is a real small one where the system lets a process have one of its own, otherwise a limit on a file's size.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs
import numpy as np
import pytest
import rig
from decided import IDENTITY, decided, utc

from syntherm.audit.reserve import LEAST_BYTES, LOG_BYTES, Reserve, bytes_for
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import FatMapReceived, Geometry, Restarted
from syntherm.ports.record import AuditFailed
from syntherm.session.records import open_new, recover

pytestmark = pytest.mark.verifies("SRS-509")

MEBI = 1 << 20


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def taken_bytes(path: Path) -> int:
    """What a file really takes of the disk: a hole takes nothing."""
    return path.stat().st_blocks * 512


def test_room_is_really_taken_and_given_back_piece_by_piece(tmp_path: Path) -> None:
    room = Reserve(tmp_path / "record.db", LEAST_BYTES + 10 * MEBI)
    assert room.path == tmp_path / "record.db.reserve"
    assert room.path.stat().st_size == LEAST_BYTES + 10 * MEBI <= taken_bytes(room.path)
    room.spend(4 * MEBI)
    assert room.path.stat().st_size == LEAST_BYTES + 6 * MEBI and taken_bytes(room.path) < LEAST_BYTES + 7 * MEBI
    room.spend(100 * MEBI)
    room.spend(MEBI)
    assert room.path.stat().st_size == LEAST_BYTES, "so much stays to the end"
    room.give_back()
    assert names(tmp_path) == []
    room.give_back()
    room.spend(MEBI)
    assert names(tmp_path) == []


def test_what_was_given_back_is_not_spent(tmp_path: Path) -> None:
    room = Reserve(tmp_path / "record.db", LEAST_BYTES + 4 * MEBI)
    room.give_back()
    room.spend(MEBI)
    assert names(tmp_path) == []


@pytest.mark.parametrize("size", [-1, 0, LEAST_BYTES - 1])
def test_there_is_always_room_to_close_a_session(tmp_path: Path, size: int) -> None:
    room = Reserve(tmp_path / "record.db", size)
    assert room.path.stat().st_size == LEAST_BYTES
    room.give_back()


def test_nobody_else_can_read_or_write_it(tmp_path: Path) -> None:
    room = Reserve(tmp_path / "record.db", 0)
    assert room.path.stat().st_mode & 0o777 == 0o600
    room.give_back()


def test_what_a_dead_controller_left_is_taken_over(tmp_path: Path) -> None:
    Reserve(tmp_path / "record.db", LEAST_BYTES + 9 * MEBI)
    room = Reserve(tmp_path / "record.db", LEAST_BYTES + MEBI)
    assert room.path.stat().st_size == LEAST_BYTES + MEBI
    room.give_back()
    assert names(tmp_path) == []


# ----------------------------------------------------------------------------------------------------------- how much
def test_room_is_enough_for_a_whole_day(whole: Path, made: ModuleType) -> None:
    assert bytes_for(made.small_plan()) > whole.stat().st_size + LEAST_BYTES


@pytest.mark.parametrize("more", ["heating", "cooling", "voxels", "images"])
def test_room_grows_with_what_a_plan_can_need(made: ModuleType, more: str) -> None:
    plan = made.small_plan()
    larger = {
        "heating": lambda: attrs.evolve(plan, heating=attrs.evolve(plan.heating, max_heating_min=99.0)),
        "cooling": lambda: attrs.evolve(plan, limits=attrs.evolve(plan.limits, cooling_max_min=99.0)),
        "voxels": lambda: attrs.evolve(plan, scanner=attrs.evolve(plan.scanner, matrix=(128, 128, 5))),
        "images": lambda: attrs.evolve(plan, scanner=attrs.evolve(plan.scanner, frame_period_s=1.0)),
    }[more]()
    assert bytes_for(larger) > bytes_for(plan) + MEBI
    if more == "voxels":
        period_s = plan.scanner.frame_period_s
        images_s = (plan.heating.max_heating_min + plan.limits.cooling_max_min) * 60.0
        assert bytes_for(larger) > LEAST_BYTES + 128 * 128 * 5 * 8 * images_s / period_s, "all images, unpacked"


# ---------------------------------------------------------------------------------------------------------- in a writer
def note(writer: AuditWriter, at_s: float, size: int = 0) -> None:
    """An event with so many bytes of noise, which no packing makes smaller."""
    noise = np.random.default_rng(int(at_s)).integers(0, 2**32, (size // 4, 1, 1), np.uint32).view(np.float32)
    event = FatMapReceived(at_s, Geometry(noise.shape, (1.0,) * 3, (0.0,) * 3), noise) if size else Restarted(at_s, "x")
    writer.append(utc(at_s), event, (decided(at_s),), ())


def test_room_shrinks_as_the_record_grows_and_is_gone_when_it_is_closed(tmp_path: Path) -> None:
    """At every moment the record has taken no more of the disk than its reserve has given back."""
    path, room, size = tmp_path / "record.db", tmp_path / "record.db.reserve", LEAST_BYTES + LOG_BYTES + 16 * MEBI
    with AuditWriter(path, rig.KEY, create=True, room=size) as writer:
        empty = taken_bytes(path)
        writer.open_session(utc(0.0), 0.0, IDENTITY)
        given = [size - room.stat().st_size]
        for number in range(1, 41):
            note(writer, float(number), MEBI if number % 4 == 0 else 0)
            given.append(size - room.stat().st_size)
            beside = taken_bytes(path) + taken_bytes(tmp_path / "record.db-wal") - empty
            assert beside <= given[-1] + 4096, number
        assert given == sorted(given) and LOG_BYTES <= given[0] < LOG_BYTES + MEBI
        assert LOG_BYTES + 6 * MEBI < given[-1] < LOG_BYTES + 12 * MEBI, "and no more than it takes"
        writer.close_session(utc(99.0), 99.0, "SETUP")
        assert names(tmp_path) == ["record.db", "record.db.seal"]
    assert verify(path).findings == ()


def test_a_record_that_is_let_go_gives_its_room_back(tmp_path: Path, made: ModuleType) -> None:
    clock = made.ShamClock()
    with open_new(tmp_path / "record.db", made.small_plan(), made.small_text(), clock, rig.KEY) as writer:
        room = (tmp_path / "record.db.reserve").stat().st_size
        assert bytes_for(made.small_plan()) - LOG_BYTES - MEBI < room <= bytes_for(made.small_plan()) - LOG_BYTES
        made.Rig.of(made.small_plan(), writer, clock).poll()
    assert names(tmp_path) == ["record.db"]
    again, _, _ = recover(tmp_path / "record.db", clock, rig.KEY)
    assert abs((tmp_path / "record.db.reserve").stat().st_size - room) < MEBI, "and takes it again to go on"
    again.let_go()
    assert names(tmp_path) == ["record.db"]


@pytest.mark.parametrize("what", ["folder", "text"])
def test_what_cannot_be_opened_takes_no_room(tmp_path: Path, what: str) -> None:
    path = tmp_path / what
    path.mkdir() if what == "folder" else path.write_text("no record\n" * 999)
    with pytest.raises(AuditFailed):
        AuditWriter(path, rig.KEY, create=False)
    assert names(tmp_path) == [what]


# ----------------------------------------------------------------------------------------------------- too small a disk
@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process can have more than 8 MiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * MEBI, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
def test_a_session_without_room_is_not_begun(tmp_path: Path, made: ModuleType) -> None:
    with pytest.raises(AuditFailed) as caught:
        open_new(tmp_path / "record.db", made.small_plan(), made.small_text(), made.ShamClock(), rig.KEY)
    needed = f"{bytes_for(made.small_plan()) / 1e6:.0f} MB are needed for the record"
    assert str(caught.value) == f"{tmp_path}: {needed} (File too large)"
    assert names(tmp_path) == []


def test_a_record_whose_first_entry_is_not_durable_gives_its_room_back(
    tmp_path: Path, made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise AuditFailed("no")

    monkeypatch.setattr(AuditWriter, "open_session", fails)
    with pytest.raises(AuditFailed):
        open_new(tmp_path / "record.db", made.small_plan(), made.small_text(), made.ShamClock(), rig.KEY)
    assert "record.db.reserve" not in names(tmp_path)


DISK = """
import errno, os, subprocess, sys
from pathlib import Path
sys.path[:0] = {path!r}
import rig, test_audit_reserve as parts
from decided import IDENTITY, utc
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.ports.record import AuditFailed

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)], check=True)
record = disk / "record.db"

def fill():
    with (disk / "somebody's").open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError as error:
            assert error.errno == errno.ENOSPC
"""
SCENES = {
    "too small": """
try:
    AuditWriter(record, rig.KEY, create=True, room=50_000_000)
except AuditFailed as refused:
    print(refused)
print(parts.names(disk))
""",
    "filled meanwhile": """
with AuditWriter(record, rig.KEY, create=True, room=35_000_000) as writer:
    writer.open_session(utc(0.0), 0.0, IDENTITY)
    for at_s in range(1, 12):
        fill()
        parts.note(writer, float(at_s), 1 << 20)
    fill()
    writer.close_session(utc(99.0), 99.0, "SETUP")
print(verify(record).findings)
print(parts.names(disk))
""",
    "larger than its room": """
writer = AuditWriter(record, rig.KEY, create=True, room=20_000_000)
writer.open_session(utc(0.0), 0.0, IDENTITY)
durable = 0
try:
    for at_s in range(1, 30):
        fill()
        parts.note(writer, float(at_s), 1 << 20)
        durable += 1
except AuditFailed as failed:
    print(failed)
writer.let_go()
(disk / "somebody's").unlink()
with AuditWriter(record, rig.KEY, create=False) as again:
    again.resume_session(utc(99.0), 0.0, IDENTITY)
    again.close_session(utc(100.0), 1.0, "SETUP")
result = verify(record)
# The write that failed may be on the disk all the same, and then it is there whole.
print(result.findings, 1 < durable <= result.arrays <= durable + 1)
print(parts.names(disk))
""",
}
SAYS = {
    "too small": "{disk}: 50 MB are needed for the record (No space left on device)\n[]\n",
    "filled meanwhile": "()\n['record.db', 'record.db.seal', \"somebody's\"]\n",
    "larger than its room": "{disk}/record.db: database or disk is full\n() True\n['record.db', 'record.db.seal']\n",
}


def own_disk() -> bool:
    """Whether this system lets a process mount a disk that nobody else sees."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "true"]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.parametrize("scene", SCENES)
def test_on_a_disk_that_somebody_fills(tmp_path: Path, scene: str) -> None:
    """40 MiB. What is reserved is there for the record, whoever else writes; what is not is refused in one line."""
    if not own_disk():
        pytest.skip("this system lets no process mount a disk of its own")
    here = [str(Path(__file__).parent), str(Path(rig.__file__).parent)]
    script = DISK.format(path=here) + SCENES[scene]
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == SAYS[scene].format(disk=tmp_path)
