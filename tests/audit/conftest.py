"""Records of a small session, made once by the session's own loop and writer; tests take copies and damage them."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import attrs
import pytest
import rig

from syntherm.audit import checkpoint, schema
from syntherm.audit.chain import ANCHORS, link
from syntherm.audit.keys import SiteKey
from syntherm.audit.seal import seal_path, write_seal
from syntherm.session.records import open_new


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The builders: Rig, sham ports, the small plan."""
    return rig


@pytest.fixture(scope="session")
def whole(made: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole day, complete, signed, closed and sealed."""
    path = tmp_path_factory.mktemp("whole") / "record.db"
    clock = made.ShamClock()
    writer = open_new(path, made.small_plan(), made.small_text(), clock, made.KEY, made.SESSION)
    rig = made.Rig.of(made.small_plan(), writer, clock)
    for leg in (rig.set_up, rig.calibrate, rig.heat, rig.infuse, rig.finish):
        leg()
    assert rig.session.name == "COMPLETE"
    writer.close_session(clock.utc(), clock.at_s, rig.session.name)
    return path


@pytest.fixture(scope="session")
def short(made: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Setup, a few images, a stop; closed and sealed. Small enough to be verified some hundred times."""
    path = tmp_path_factory.mktemp("short") / "record.db"
    clock = made.ShamClock()
    writer = open_new(path, made.small_plan(), made.small_text(), clock, made.KEY, made.SESSION)
    rig = made.Rig.of(made.small_plan(), writer, clock)
    rig.poll()
    rig.set_up()
    rig.act(made.Trigger.BEGIN_CALIBRATION)
    rig.live(2)
    rig.act(made.Trigger.STOP)
    writer.close_session(clock.utc(), clock.at_s, rig.session.name)
    return path


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a record with its seal, to be damaged."""

    def make(record: Path) -> Path:
        target = tmp_path / "record.db"
        shutil.copyfile(record, target)
        shutil.copyfile(seal_path(record), seal_path(target))
        return target

    return make


def edit(record: Path, *statements: str, vacuum: bool = False) -> None:
    """What somebody with the file and with SQLite can do: take the triggers off, change, put the triggers on again."""
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for name in schema.TRIGGERS:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        for statement in schema.STATEMENTS:
            if "CREATE TRIGGER" in statement:
                db.execute(statement)
        db.execute("COMMIT")
        if vacuum:
            db.execute("VACUUM")


def reseal(record: Path, head: str | None = None, key: SiteKey = rig.KEY) -> str:
    """Seal it again as it lies now, with the head of its last entry or with the one given, by the site's own key."""
    with closing(sqlite3.connect(record)) as db:
        found = db.execute("SELECT chain FROM entries ORDER BY seq DESC LIMIT 1").fetchone()[0].hex()
    put_seal(record, head or found, key)
    return str(found)


def put_seal(record: Path, head: str, key: SiteKey = rig.KEY) -> None:
    """Seal a file whatever lies in it, with a head that need not be its own."""
    seal_path(record).unlink(missing_ok=True)
    with patch("os.fsync"):  # some hundred times in a run, and none of them must outlive it
        write_seal(record, head, rig.SESSION, key)


def rechain(record: Path, key: SiteKey | None = rig.KEY) -> None:
    """Compute every hash of the chain anew, as somebody who knows the format can.

    With a key, every checkpoint is signed anew, too: the site's own key makes a record in which only what was edited
    is wrong; without one, checkpoints stay as they were.
    """
    with closing(sqlite3.connect(record)) as db:
        rows = db.execute("SELECT seq, kind, at_s, utc, body FROM entries ORDER BY seq").fetchall()
    previous, updates = ANCHORS[schema.VERSION], []
    for seq, kind, at_s, utc, was in rows:
        body = was
        if kind == "checkpoint" and key is not None:
            made = checkpoint.made(key, rig.SESSION, seq - 1, previous.hex(), utc)
            body = json.dumps(attrs.asdict(made), sort_keys=True, separators=(",", ":"))
        previous = link(previous, seq, kind, at_s, utc, body)
        text = "" if body == was else f", body = '{body}'"
        updates.append(f"UPDATE entries SET chain = x'{previous.hex()}'{text} WHERE seq = {seq}")
    edit(record, *updates)


@pytest.fixture(scope="session")
def forge() -> Iterator[ModuleType]:
    """`edit`, `reseal`, `rechain` and `put_seal`."""
    module = ModuleType("forge")
    vars(module).update(edit=edit, reseal=reseal, rechain=rechain, put_seal=put_seal)
    yield module
