"""Opening a session's record: a new one, or one that a crash left open."""

import hashlib
import platform
import sqlite3
from importlib import metadata
from pathlib import Path

from syntherm.audit import schema
from syntherm.audit.keys import SiteKey
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.replay import replay
from syntherm.audit.reserve import bytes_for
from syntherm.audit.seal import seal_path
from syntherm.audit.verify import left_open
from syntherm.audit.writer import AuditWriter
from syntherm.core.events import Restarted
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.ports.record import AuditFailed
from syntherm.ports.time import Clock
from syntherm.session.unseen import unseen


def identity(plan_text: str) -> dict[str, str]:
    """What runs, and by which plan."""
    return {
        "plan": plan_text,
        "plan_sha256": hashlib.sha256(plan_text.encode()).hexdigest(),
        "syntherm": metadata.version("syntherm"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "numpy": metadata.version("numpy"),
        "transitions": metadata.version("transitions"),
        "attrs": metadata.version("attrs"),
        "cryptography": metadata.version("cryptography"),
        "platform": platform.platform(),
    }


def open_new(
    path: Path, plan: Plan, plan_text: str, clock: Clock, key: SiteKey, session: str | None = None
) -> AuditWriter:
    """A new record with its first entry, and room on the disk for all that follow.

    Raises AuditFailed if something is there already, cannot be written, or has no room. `plan_text` is what the plan
    was read from; `session` names the session in 32 hex digits, and is drawn at random unless given.
    """
    try:
        if path.exists():
            raise AuditFailed(f"{path}: exists already; a record is never overwritten")
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AuditFailed(f"{path.parent}: {error.strerror}") from error
    writer = AuditWriter(path, key, create=True, room=bytes_for(plan))
    try:
        writer.open_session(clock.utc(), clock.now_s(), identity(plan_text), session)
    except AuditFailed:
        writer.let_go()
        raise
    return writer


def recover(path: Path, clock: Clock, key: SiteKey) -> tuple[AuditWriter, SessionState, Restarted]:
    """Go on with a record that was not closed: its last durable state, and the event that says what happened.

    What the site's key is to sign on to is verified first, then the state is found by executing the record again, so it
    is right to the last durable entry. What may have happened since then is put on record as bounds. Raises AuditFailed
    if the record was closed (one whose seal is missing is sealed then), was changed, was signed with a key that is not
    this one, or does not execute to the decisions that it holds; all but the seal is as it was then.
    """
    if seal_path(path).exists():
        raise AuditFailed(f"{path}: is closed and sealed; there is nothing to recover")
    try:
        _untouched(path, key)
        with AuditReader(path) as reader:
            closed = any(entry.kind == "closed" for entry in reader.entries())
            plan_text = str(reader.opened()["plan"])
        if closed:
            AuditWriter(path, key, create=False).seal()
            raise AuditFailed(f"{path}: was closed before, and is sealed now; there is nothing to recover")
        again = replay(path)
    except UnreadableRecord as error:
        raise AuditFailed(f"cannot be recovered: {error}") from error
    if again.difference is not None:
        raise AuditFailed(f"{path}: cannot be recovered: {again.difference}")
    between = unseen(again.state)
    writer = AuditWriter(path, key, create=False, room=bytes_for(again.state.plan))
    try:
        writer.resume_session(clock.utc(), clock.now_s(), {**identity(plan_text), "between": between})
    except AuditFailed:
        writer.let_go()
        raise
    return writer, again.state, Restarted(clock.now_s(), f"controller restarted; {between.said()}")


def _untouched(path: Path, key: SiteKey) -> None:
    """Raises AuditFailed unless the record is as this key signed it, to its last entry; UnreadableRecord."""
    with AuditReader(path) as reader:
        version = reader.version
    if version != schema.VERSION:
        # Told before the writer opens the file, which would change it.
        raise AuditFailed(f"{path}: is of format {version}; only format {schema.VERSION} is gone on with")
    wrong = left_open(path, [key.public])
    if wrong:
        more = f" ({len(wrong) - 1} more)" if wrong[1:] else ""
        raise AuditFailed(f"{path}: cannot be recovered: {wrong[0]}{more}")
