"""What the index keeps of one record, from one pass over it. What is not known is None."""

import tomllib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit.chain import Entry
from syntherm.audit.reader import UnreadableRecord
from syntherm.audit.seal import hash_file, seal_path
from syntherm.auditing.clock import SessionClock
from syntherm.auditing.entries import entries, shape
from syntherm.auditing.happened import Faults
from syntherm.auditing.looks import Body, Json, number, parse, part, plain, text
from syntherm.auditing.rows import Row
from syntherm.auditing.told import Teller
from syntherm.auditing.walk import Step

_NO_FAULT: Final = '"faults":[]'
"""As it stands in a canonical decision; inside a text its quotes would be escaped."""
_SAID: Final = frozenset({"refusal", "crash", "remark", "signature", "unsigned", "resumed", "clock"})
_ACTS: Final = frozenset({"OperatorActed", "ChannelFailed", "Restarted"})


@attrs.frozen(eq=False)
class Summary:
    """The row of the record, and the rows of its faults and of all that people or failures said."""

    row: Row
    faults: tuple[Row, ...]
    texts: tuple[Row, ...]


class _Pass:
    """Told every entry in order. Decisions without faults are not even parsed, but for the last one."""

    def __init__(self) -> None:
        self._clock, self._teller = SessionClock(), Teller()
        self._faults = Faults()
        self._standing = False
        self.opened: Body = {}
        self.first: Entry | None = None
        self.last: Entry | None = None
        self.decision: Entry | None = None
        self.ended_in: str | None = None
        self.last_s: float | None = None
        self.faults: list[Row] = []
        self.texts: list[Row] = []

    def take(self, entry: Entry) -> None:
        """The next entry."""
        session_s = self._clock.at(entry.kind, entry.at_s, entry.utc)
        self.first, self.last, self.last_s = self.first or entry, entry, session_s
        if entry.kind == "decision":
            self._decision(entry, session_s)
        elif entry.kind in ("opened", "closed"):
            self._frame(entry)
        elif entry.kind in _SAID or (entry.kind == "event" and _is_told(entry.body)):
            said = self._teller.tell(entry, parse(entry.body))
            self.texts.append(_text(entry, session_s, said))

    def _frame(self, entry: Entry) -> None:
        body = parse(entry.body)
        if entry.kind == "opened" and not self.opened:
            self.opened = part(body)
        if entry.kind == "closed":
            self.ended_in = text(body, "ended_in")

    def _decision(self, entry: Entry, session_s: float | None) -> None:
        self.decision = entry
        quiet = _NO_FAULT in entry.body
        if quiet and not self._standing:
            return
        self._standing = not quiet
        self.faults += self._faults.feed(Step(entry, parse(entry.body), session_s, "", None))

    def end(self) -> None:
        """Faults that stand to the end; then all in the order in which they were raised, and as texts."""
        self.faults += self._faults.end()
        self.faults.sort(key=lambda row: int(row["seq"] or 0))
        for fault in self.faults:
            said = f"fault {str(fault['code']).replace('_', '-')}: {fault['detail']}"
            self.texts.append({"seq": fault["seq"], "session_s": fault["session_s"], "utc": fault["utc"],
                               "kind": "fault", "text": plain(said)})  # fmt: skip


def _is_told(body: str) -> bool:
    return any(f'"{name}"' in body for name in _ACTS)


def _text(entry: Entry, session_s: float | None, said: str) -> Row:
    return {"seq": entry.seq, "session_s": session_s, "utc": plain(entry.utc), "kind": entry.kind, "text": said}


def summarise(path: Path) -> Summary:
    """Read one record. Raises UnreadableRecord, OSError."""
    version, counts = shape(path)
    found = _Pass()
    for entry in entries(path):
        found.take(entry)
    found.end()
    if found.first is None or found.last is None or found.first.kind != "opened":
        raise UnreadableRecord(f"{path}: does not begin with an opened session")
    head = found.last.chain.hex()
    session = text(found.opened, "session")
    row: Row = {
        "id": _identity(session, head), "size": path.stat().st_size, "sha256": hash_file(path), "format": version,
        "sealed": int(seal_path(path).is_file()), "session": session, "head": head, **_site(found.opened),
        **_plan(found.opened), "software": text(found.opened, "syntherm"), "opened_utc": plain(found.first.utc),
        "last_utc": plain(found.last.utc), "ended_in": found.ended_in, "entries": sum(counts.values()),
        "length_min": _minutes(found.last_s), **_achieved(found.decision), "faults": len(found.faults),
        "resumed": counts.get("resumed", 0),
    }  # fmt: skip
    clean = {name: plain(value) if isinstance(value, str) else value for name, value in row.items()}
    return Summary(clean, tuple(found.faults), tuple(found.texts))


def _identity(session: str | None, head: str) -> str:
    """A session names itself; one of format 1, which does not, is named by its head."""
    named = session is not None and len(session) == 32 and all(c in "0123456789abcdef" for c in session)
    return session if named and session is not None else head[:32]


def _site(opened: Body) -> Row:
    raw = text(opened, "site_key")
    try:
        return {"site_key": None if raw is None else sha256(bytes.fromhex(raw)).hexdigest()}
    except ValueError:
        return {"site_key": None}


def _plan(opened: Body) -> Row:
    try:
        plan: Mapping[str, Json] = tomllib.loads(text(opened, "plan") or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        plan = {}
    return {
        "plan": text(plan, "identity", "title", "value"), "protocol": text(plan, "identity", "protocol", "value"),
        "patient": text(plan, "identity", "patient_pseudonym", "value"), "plan_sha256": text(opened, "plan_sha256"),
        "prescribed_ml": number(plan, "prescription", "volume_ml", "value"),
        "prescribed_min": number(plan, "heating", "prescribed_in_range_min", "value"),
    }  # fmt: skip


def _achieved(last: Entry | None) -> Row:
    decision = None if last is None else parse(last.body)
    return {
        "heating_min": _minutes(number(decision, "heating_s")),
        "in_range_min": _minutes(number(decision, "range_clock", "total_s")),
        "delivered_ml": number(decision, "ledger", "patient_ml"),
        "heated_ml": number(decision, "ledger", "heated_ml"),
    }


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60.0
