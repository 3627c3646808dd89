"""A controller that died: its record gives the last durable state back, and the session goes on in ABORT."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from syntherm.audit import schema
from syntherm.audit.chain import link
from syntherm.audit.encoding import Encoder
from syntherm.audit.keys import SiteKey
from syntherm.audit.reader import AuditReader
from syntherm.audit.replay import replay
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import verify
from syntherm.audit.writer import AuditWriter
from syntherm.core.plan.reader import read_plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Energy, Infusion, Session
from syntherm.ports.record import AuditFailed
from syntherm.ports.time import Clock
from syntherm.session.loop import SessionFailed
from syntherm.session.records import identity, open_new, recover
from syntherm.session.unseen import unseen


def texts(state: SessionState) -> dict[str, str]:
    """All that a decision may rest on, field by field, arrays by their digests."""
    plain = attrs.evolve(state, agreements=tuple(sorted(state.agreements, key=str)))
    return {field.name: Encoder().text(getattr(plain, field.name)) for field in attrs.fields(SessionState)}


def day(made: ModuleType, path: Path):
    """A rig on a new record, before its first event."""
    clock = made.ShamClock()
    writer = open_new(path, made.small_plan(), made.small_text(), clock, made.KEY, made.SESSION)
    return made.Rig.of(made.small_plan(), writer, clock), writer


@pytest.fixture(scope="module")
def killed(made: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, SessionState, float]]:
    """The files as they lay after certain events of a day, with the state that the loop had then."""
    folder = tmp_path_factory.mktemp("killed")
    rig, writer = day(made, folder / "record.db")
    cuts: list[tuple[Path, SessionState, float]] = []

    def cut() -> None:
        place = folder / f"cut-{len(cuts)}"
        place.mkdir()
        for name in ("record.db", "record.db-wal"):
            shutil.copyfile(folder / name, place / name)
        cuts.append((place / "record.db", rig.loop.state, rig.clock.at_s))

    rig.poll()
    cut()
    rig.set_up()
    cut()
    rig.calibrate()
    cut()
    rig.heat()
    cut()
    rig.act(made.Trigger.RELEASE_INFUSION)
    cut()
    rig.live(3, 41.2)
    cut()
    rig.poll()
    cut()
    rig.act(made.Trigger.BEGIN_HEATING)  # refused
    cut()
    rig.act(made.Trigger.STOP)
    cut()
    writer.let_go()
    return cuts


@pytest.mark.verifies("SRS-505", "SRS-113", "RC-02", "RC-03")
@pytest.mark.parametrize("number", range(9))
def test_recovery_finds_the_last_durable_state_and_leads_to_abort(
    made: ModuleType, killed: list[tuple[Path, SessionState, float]], number: int, tmp_path: Path
) -> None:
    original, state, at_s = killed[number]
    for name in ("record.db", "record.db-wal"):
        shutil.copyfile(original.with_name(name), tmp_path / name)
    clock = made.ShamClock(at_s + 42.0)
    writer, found, restarted = recover(tmp_path / "record.db", clock, made.KEY)
    assert texts(found) == texts(state)
    assert restarted.at_s == clock.at_s
    assert restarted.detail == f"controller restarted; {unseen(state).said()}"
    with AuditReader(tmp_path / "record.db") as reader:
        *before, resumed, checkpoint = reader.entries()
    assert (resumed.kind, checkpoint.kind) == ("resumed", "checkpoint")
    said = json.loads(resumed.body)
    assert said["after"] == len(before) == resumed.seq - 1 and said["session"] == made.SESSION
    assert said["between"] == json.loads(Encoder().text(unseen(state)))
    assert {name: said[name] for name in identity("")} == identity(made.small_text())

    rig = made.Rig.of(made.small_plan(), writer, clock)
    rig.loop.state = found
    rig.loop.handle(restarted)
    assert sorted(rig.journal) == ["energy off", "hold infusion"]
    phases = rig.loop.state.phases
    assert phases.session is Session.ABORT and phases.energy is Energy.OFF
    assert phases.infusion is not Infusion.INFUSING
    rig.live(3, 41.2)
    assert rig.session is Session.ABORT and not {"grant lease", "grant infusion"} & set(rig.journal)

    head = writer.close_session(clock.utc(), clock.at_s, rig.session.name)
    assert verify(tmp_path / "record.db", head, [made.KEY.public]).findings == ()
    assert replay(tmp_path / "record.db").difference is None


@pytest.mark.verifies("SRS-505")
def test_a_record_that_was_let_go_is_gone_on_with(made: ModuleType, tmp_path: Path) -> None:
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    head = writer.head
    writer.let_go()
    again, state, _ = recover(tmp_path / "record.db", rig.clock, made.KEY)
    with again:
        with AuditReader(tmp_path / "record.db") as reader:
            *_, before, resumed, checkpoint = reader.entries()
        assert (before.chain.hex(), checkpoint.chain.hex()) == (head, again.head)
        assert json.loads(resumed.body)["site_key"] == made.KEY.public.raw_hex
        assert texts(state) == texts(rig.loop.state)
        again.close_session(rig.clock.utc(), rig.clock.at_s, "SETUP")
    assert verify(again.path, None, [made.KEY.public]).findings == ()


@pytest.mark.verifies("SRS-505", "SRS-510")
def test_a_controller_whose_clock_begins_anew_goes_on(made: ModuleType, tmp_path: Path) -> None:
    """After a power loss the monotonic clock counts from zero, and wall time has gone on."""
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    writer.let_go()
    clock = made.ShamClock(0.25)
    again, state, restarted = recover(tmp_path / "record.db", clock, made.KEY)
    rig = made.Rig.of(made.small_plan(), again, clock)
    rig.loop.state = state
    rig.loop.handle(restarted)
    rig.poll()
    assert rig.session is Session.ABORT
    again.close_session(clock.utc(), clock.at_s, rig.session.name)
    assert verify(again.path).findings == () and replay(again.path).difference is None


@pytest.mark.verifies("SRS-505")
def test_after_a_crash_of_the_core_the_state_before_it_is_recovered(
    made: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event that the core failed on decided nothing; it must not keep the session from being led to ABORT."""
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    before = texts(rig.loop.state)
    with monkeypatch.context() as patch, pytest.raises(SessionFailed):
        patch.setattr("syntherm.session.loop.step", lambda *_: 1 / 0)
        rig.poll()
    writer.let_go()
    again, state, restarted = recover(tmp_path / "record.db", rig.clock, made.KEY)
    with again:
        assert texts(state) == before
        rig = made.Rig.of(made.small_plan(), again, rig.clock)
        rig.loop.state = state
        rig.loop.handle(restarted)
        assert rig.session is Session.ABORT
    assert replay(tmp_path / "record.db").difference is None


@pytest.mark.verifies("SRS-505")
def test_a_closed_record_is_not_recovered(made: ModuleType, tmp_path: Path) -> None:
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    writer.close_session(rig.clock.utc(), rig.clock.at_s, "SETUP")
    before = writer.path.read_bytes()
    with pytest.raises(AuditFailed, match="is closed and sealed"):
        recover(writer.path, rig.clock, made.KEY)
    assert writer.path.read_bytes() == before


@pytest.fixture
def unsealed(made: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a controller leaves that dies between the last entry and the seal."""
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    with monkeypatch.context() as patch:
        patch.setattr(AuditWriter, "seal", lambda _: "")
        writer.close_session(rig.clock.utc(), rig.clock.at_s, "SETUP")
    writer.let_go()
    return writer.path


@pytest.mark.verifies("SRS-505", "SRS-506")
def test_a_record_that_was_closed_and_not_sealed_is_sealed(made: ModuleType, unsealed: Path) -> None:
    with AuditReader(unsealed) as reader:
        before = list(reader.entries())
    with pytest.raises(AuditFailed, match="was closed before, and is sealed now"):
        recover(unsealed, made.ShamClock(99.0), made.KEY)
    with AuditReader(unsealed) as reader:
        assert list(reader.entries()) == before
    assert verify(unsealed, None, [made.KEY.public]).findings == ()
    assert sorted(path.name for path in unsealed.parent.iterdir()) == ["record.db", "record.db.seal"]


@pytest.mark.verifies("SRS-505", "SRS-506")
def test_a_closed_record_is_sealed_by_the_key_that_signed_it_only(made: ModuleType, unsealed: Path) -> None:
    """A seal by another key would be none, and could not be replaced."""
    with pytest.raises(AuditFailed, match=r"entry 1 \(opened\) is signed by key .*, which is not one of those given"):
        recover(unsealed, made.ShamClock(99.0), SiteKey.made())
    assert not seal_path(unsealed).exists()
    with pytest.raises(AuditFailed, match="is sealed now"):
        recover(unsealed, made.ShamClock(99.0), made.KEY)


def changed(writer: AuditWriter, *changes: str, chain_anew_from: int | None = None) -> Path:
    """The open record after somebody changed it, and left its chain as it was or made it fit again."""
    db = writer._db
    db.execute("DROP TRIGGER entries_no_update")
    for change in changes:
        db.execute(f"UPDATE entries SET {change}")
    if chain_anew_from is not None:
        (chain,) = db.execute("SELECT chain FROM entries WHERE seq = ?", (chain_anew_from - 1,)).fetchone()
        rows = db.execute(f"SELECT seq, kind, at_s, utc, body FROM entries WHERE seq >= {chain_anew_from}").fetchall()
        for seq, *entry in rows:
            chain = link(chain, seq, *entry)
            db.execute("UPDATE entries SET chain = ? WHERE seq = ?", (chain, seq))
    db.execute(next(text for text in schema.STATEMENTS if "TRIGGER entries_no_update" in text))
    writer.let_go()
    return writer.path


def refused(record: Path, clock: Clock, key: SiteKey, because: str) -> None:
    """Recovery refuses a record and leaves it as it was."""
    before = record.read_bytes()
    with pytest.raises(AuditFailed, match=f"cannot be recovered: {because}"):
        recover(record, clock, key)
    assert record.read_bytes() == before
    assert sorted(path.name for path in record.parent.iterdir() if "-" not in path.name) == [record.name]


LESS_HEATED = "body = replace(body, '\"heating_s\":0.0', '\"heating_s\":9.0') WHERE"


@pytest.mark.verifies("SRS-505", "SRS-506")
def test_a_changed_record_is_not_signed_on(made: ModuleType, tmp_path: Path) -> None:
    """The key that would go on with it would make it look sound."""
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    refused(
        changed(writer, f"{LESS_HEATED} seq = 6"), rig.clock, made.KEY, r"entry 6 \(decision\) does not fit the chain$"
    )


@pytest.mark.verifies("SRS-505", "SRS-506")
def test_a_changed_record_whose_chain_fits_is_not_signed_on(made: ModuleType, tmp_path: Path) -> None:
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    record = changed(writer, f"{LESS_HEATED} seq = 6", chain_anew_from=6)
    says = r"entry \d+ \(checkpoint\) is not signed by the site's key over what comes before it \(\d+ more\)"
    refused(record, rig.clock, made.KEY, says)


@pytest.mark.verifies("SRS-505", "SRS-506")
def test_a_record_of_another_key_is_not_signed_on(made: ModuleType, tmp_path: Path) -> None:
    rig, writer = day(made, tmp_path / "record.db")
    writer.let_go()
    refused(writer.path, rig.clock, SiteKey.made(), r"entry 1 \(opened\) is signed by key \w+…, which is not one of")


@pytest.mark.verifies("SRS-505", "SRS-503")
def test_a_record_that_does_not_execute_to_its_decisions_is_not_gone_on_with(made: ModuleType, tmp_path: Path) -> None:
    """Behind the last checkpoint nothing is signed yet: executing it is what shows a change there."""
    rig, writer = day(made, tmp_path / "record.db")
    rig.set_up()
    rig.poll()
    with AuditReader(writer.path) as reader:
        *_, event, decision = reader.entries()
    assert (event.kind, decision.kind) == ("event", "decision")
    record = changed(writer, f"{LESS_HEATED} seq = {decision.seq}", chain_anew_from=decision.seq)
    refused(record, rig.clock, made.KEY, rf"entry {decision.seq} \(decision\): heating_s")


@pytest.mark.verifies("SRS-505")
@pytest.mark.parametrize("kind", ["missing", "text", "no plan"])
def test_what_is_no_record_is_not_recovered(made: ModuleType, tmp_path: Path, kind: str) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock()
    if kind == "text":
        path.write_text("no record\n" * 999)
    elif kind == "no plan":
        open_new(path, made.small_plan(), "nothing = 1", clock, made.KEY).let_go()
    with pytest.raises(AuditFailed) as caught:
        recover(path, clock, made.KEY)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert kind != "missing" or not path.exists()


@pytest.mark.verifies("SRS-503")
def test_the_record_says_what_ran_and_by_which_plan(made: ModuleType, tmp_path: Path) -> None:
    text = made.small_text()
    said = identity(text)
    assert read_plan(said["plan"]) == made.small_plan()
    assert said["plan_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert {"syntherm", "python", "numpy", "transitions", "attrs", "sqlite", "platform"} <= set(said)
    assert all(said.values())
    _, writer = day(made, tmp_path / "deep" / "folder" / "record.db")
    with writer, AuditReader(writer.path) as reader:
        assert reader.opened() == {**said, "session": made.SESSION, "site_key": made.KEY.public.raw_hex}


CHILD = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from decided import IDENTITY, decided, utc
from rig import KEY
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Restarted
writer = AuditWriter(Path(sys.argv[1]), KEY, create=True)
writer.open_session(utc(0.0), 0.0, IDENTITY)
for number in range(100000):
    writer.append(utc(number), Restarted(float(number), "x"), (decided(float(number)),), ())
    print(number, flush=True)
"""


@pytest.mark.verifies("SRS-501", "SRS-505", "SRS-205")
def test_no_acknowledged_entry_is_lost_when_the_controller_is_killed(made: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    script = CHILD.format(path=[str(Path(made.__file__).parent)])
    child = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = -1
    with closing(child.stdout) as lines:
        for line in lines:
            acknowledged = int(line)
            if acknowledged == 150:
                child.send_signal(signal.SIGKILL)
        # What it had said before it died, though read later, counts as well.
    assert child.wait() == -signal.SIGKILL and acknowledged >= 150
    with AuditReader(path) as reader:
        entries = list(reader.entries())
    assert sum(entry.kind == "event" for entry in entries) >= acknowledged + 1
    assert [(finding.entry, str(finding)) for finding in verify(path).findings] == [
        (0, "no seal lies beside the record: it was not closed, or the seal was taken away"),
        (len(entries), f"the record ends at entry {len(entries)} without being closed"),
    ]
