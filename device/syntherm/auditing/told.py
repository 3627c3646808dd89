"""One line on any entry. A kind that this software does not know is shown as it stands."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from syntherm.audit.chain import Entry
from syntherm.auditing.looks import Body, Json, number, parse, part, plain, short, text, whole
from syntherm.auditing.told_decision import Fault, News, changes, standing, told_decision
from syntherm.auditing.told_events import NOT_KNOWN, scalars, told_act, told_event, words


class Teller:
    """Is told entries in order, and knows from the last decision which faults are new."""

    def __init__(self, before: Entry | None = None) -> None:
        """`before`: the last decision before the first entry that will be told."""
        self._faults: tuple[Fault, ...] = () if before is None else standing(parse(before.body))
        self.notable = False
        """Whether the last entry that was told changed something, or is an act or a failure."""

    def tell(self, entry: Entry, body: Json) -> str:
        """One line on the next entry; `body` is its parsed body."""
        if entry.kind == "decision":
            return self._decision(body)
        if entry.kind == "event":
            self.notable = text(body, "$type") not in _ROUTINE
            return told_event(body)
        self.notable = entry.kind != "checkpoint"
        told = _TELLERS.get(entry.kind)
        return _as_it_stands(body) if told is None else told(body if isinstance(body, Mapping) else {"says": body})

    def _decision(self, body: Json) -> str:
        now = standing(body)
        news, self._faults = News.between(self._faults, now), now
        self.notable = bool(changes(body) or news.raised or news.gone or text(body, "refused"))
        self.notable |= bool(part(body).get("violations"))
        return told_decision(body, news)


def type_of(entry: Entry, body: Json) -> str:
    """The `$type` of an entry's body; empty where it has none."""
    return short(text(body, "$type") or "", 60)


def _as_it_stands(body: Json) -> str:
    return short(json.dumps(body, sort_keys=True))


def _opened(body: Body) -> str:
    return f"opened by {_by(body)}"


def _by(body: Body) -> str:
    plan = (text(body, "plan_sha256") or NOT_KNOWN)[:12]
    told = f"syntherm {short(text(body, 'syntherm') or NOT_KNOWN, 20)}, plan {plan}"
    session = text(body, "session")
    return told if session is None else f"{told}, session {short(session, 32)}"


def _resumed(body: Body) -> str:
    after = whole(body, "after")
    return f"gone on with after entry {NOT_KNOWN if after is None else after} by {_by(body)}"


def _moved(body: Body) -> str:
    moved_s = number(body, "moved_s")
    return f"wall time moved by {NOT_KNOWN if moved_s is None else f'{moved_s:+.3f} s'} against the session's clock"


def _signed(body: Body) -> str:
    person, name, role = (short(text(body, key) or NOT_KNOWN, 60) for key in ("person", "name", "role"))
    signs = whole(body, "signs")
    act = NOT_KNOWN if signs is None else signs
    return f"signed by {person} ({name}, {role}) under entry {act}: {short(text(body, 'meaning') or NOT_KNOWN)}"


def _checkpoint(body: Body) -> str:
    covers, key = whole(body, "covers"), text(body, "key")
    return f"signed by the site up to entry {NOT_KNOWN if covers is None else covers}, key {(key or NOT_KNOWN)[:16]}"


def _says(start: str) -> Callable[[Body], str]:
    return lambda body: f"{start}: {plain(str(body['says'])) if 'says' in body else scalars(body)}"


def _remark(body: Body) -> str:
    of_images = str(body.get("says", "")).startswith("scanner: ")
    return _says("image refused or missing" if of_images else "not confirmed")(body)


_ROUTINE: Final = frozenset({"EquipmentPolled", "FrameReceived"})
_TELLERS: Final[Mapping[str, Callable[[Body], str]]] = {
    "opened": _opened,
    "resumed": _resumed,
    "clock": _moved,
    "unsigned": lambda body: f"not taken, for want of a signature: {told_act(body)}",
    "maps": lambda body: f"maps kept: {words(text(body, 'label'))}",
    "refusal": _says("refused"),
    "crash": _says("control software failed"),
    "remark": _remark,
    "signature": _signed,
    "checkpoint": _checkpoint,
    "closed": lambda body: f"closed in {words(text(body, 'ended_in'))}",
}
