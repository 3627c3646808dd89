"""One pass over the entries of a record: everything that the report needs to know of the session."""

import hashlib
from typing import Final

from syntherm.audit.chain import ANCHORS, Entry, link
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.values import Plan
from syntherm.core.vocabulary import Energy, Infusion, Session, Trigger
from syntherm.reports import gather
from syntherm.reports.body import BadEntry, Body, digest, field, mapping, member, parse, part, part_or_none, text, truth
from syntherm.reports.drug_course import Drug
from syntherm.reports.people import CRASHED, RESTARTED, RESUMED, Acts, Happenings
from syntherm.reports.values import Chain, History, Moment
from syntherm.reports.wording import name


def read_history(reader: AuditReader) -> History:
    """The session in a record. Raises UnreadableRecord, naming the entry that cannot be read."""
    entries = reader.entries()
    first = next(entries, None)
    if first is None or first.kind != "opened":
        raise UnreadableRecord(f"{reader.path}: does not begin with an opened session")
    current = first
    try:
        session = _Pass(first, reader.version)
        for current in entries:
            session.feed(current)
        return session.history()
    except BadEntry as error:
        raise UnreadableRecord(f"{reader.path}: entry {current.seq} ({current.kind}): {error}") from None
    except PlanRefused as error:
        problems = "; ".join(str(error).split("\n")[:3])
        raise UnreadableRecord(f"{reader.path}: entry 1 (opened): the plan is refused: {problems}") from None


_SIGNS: Final = frozenset({"signature", "checkpoint", "resumed", "unsigned", "clock"})


class _Pass:
    """The state of one pass. Raises BadEntry on what it cannot read, PlanRefused on a bad plan."""

    def __init__(self, first: Entry, version: int) -> None:
        body = mapping(parse(first.body), "body")
        self._versions = {key: text(body, key) for key in body if key not in ("plan", "$type")}
        self._plan_text = text(body, "plan")
        self._plan: Plan = read_plan(self._plan_text)
        self._first, self._last = first, first
        self._chain = ANCHORS[version]
        self._broken_at: int | None = None
        self._ended_in: str | None = None
        self._session = gather.States("session", Session)
        self._energy = gather.States("energy", Energy)
        self._infusion = gather.States("infusion", Infusion)
        self._leases, self._totals = gather.Leases(), gather.Totals()
        guards = tuple(guard.name for guard in self._plan.guard)
        self._curves = gather.Curves(guards, self._plan.limits.frame_age_s)
        self._alarms, self._checks = gather.Alarms(), gather.Checks()
        self._acts, self._happenings, self._drug = Acts(), Happenings(), Drug()
        self._moments: list[Moment] = []
        self._checked: tuple[int, int, str | None] = (0, 0, None)
        self._event = ""
        self._link(first)

    def _link(self, entry: Entry) -> None:
        expected = link(self._chain, entry.seq, entry.kind, entry.at_s, entry.utc, entry.body)
        if self._broken_at is None and expected != entry.chain:
            self._broken_at = entry.seq
        self._chain = expected

    def feed(self, entry: Entry) -> None:
        """Take in the next entry."""
        self._link(entry)
        self._last = entry
        value = parse(entry.body)
        if entry.kind == "decision":
            self._decision(entry, mapping(value, "body"))
        elif entry.kind == "event":
            self._take_event(entry, mapping(value, "body"))
        elif entry.kind == "maps":
            self._moments.append(_moment(entry, mapping(value, "body")))
        elif entry.kind == "closed":
            self._ended_in = text(mapping(value, "body"), "ended_in")
        elif entry.kind in _SIGNS:
            self._signs(entry, mapping(value, "body"))
        else:
            self._other(entry, str(value))

    def _decision(self, entry: Entry, decision: Body) -> None:
        at_s, opened_s = entry.at_s, self._first.at_s
        for states in (self._session, self._energy, self._infusion):
            states.feed(at_s, decision, opened_s)
        self._leases.feed(at_s, decision)
        self._totals.feed(at_s, decision)
        self._alarms.feed(at_s, decision)
        self._drug.feed(at_s, decision)
        before, after = text(part(decision, "before"), "session"), text(part(decision, "after"), "session")
        begins = before == Session.CALIBRATION.name and after == Session.HEATING.name
        self._checks.feed(at_s, decision, begins)
        if self._event == "FrameReceived" and _accepted(decision):
            self._curves.feed(at_s, decision)

    def _take_event(self, entry: Entry, event: Body) -> None:
        self._event = text(event, "$type")
        if self._event == "OperatorActed":
            self._acts.feed(entry, event)
        elif self._event == "ChannelFailed":
            self._happenings.add(entry, "channel failed", f"{text(event, 'channel').lower()}: {text(event, 'detail')}")
        elif self._event == "Restarted":
            self._happenings.add(entry, RESTARTED, text(event, "detail"))

    def _signs(self, entry: Entry, body: Body) -> None:
        """What format 2 keeps beside events and decisions."""
        if entry.kind == "signature":
            self._acts.sign(body)
        elif entry.kind == "checkpoint":
            covers = field(body, "covers")
            checked_to = covers if isinstance(covers, int) else 0
            self._checked = (self._checked[0] + 1, checked_to, text(body, "key"))
        elif entry.kind == "resumed":
            self._happenings.add(entry, RESUMED, f"by syntherm {text(body, 'syntherm')}")
        elif entry.kind == "unsigned":
            act = member(body, "act", Trigger)
            self._happenings.add(entry, "act without a signature, not taken", f"{name(act)} by {text(body, 'person')}")
        else:
            self._happenings.add(entry, "wall clock moved", f"by {field(body, 'moved_s')} s")

    def _other(self, entry: Entry, words: str) -> None:
        if entry.kind == "refusal" and self._acts.refuse(entry, words):
            return
        of_images = words.startswith("scanner: ")
        remark = "image refused or missing" if of_images else "command not confirmed"
        named = {"refusal": "event refused", "crash": CRASHED, "remark": remark}
        self._happenings.add(entry, named.get(entry.kind, f"entry of unknown kind {entry.kind}"), words)

    def history(self) -> History:
        """What was found, when all entries are in."""
        first, last = self._first, self._last
        return History(
            plan=self._plan,
            versions=self._versions,
            plan_digest=hashlib.sha256(self._plan_text.encode()).hexdigest(),
            opened_s=first.at_s,
            opened_utc=first.utc,
            last_s=last.at_s,
            last_utc=last.utc,
            ended_in=self._ended_in,
            session=self._session.spans(last.at_s),
            energy=self._energy.spans(last.at_s),
            infusion=self._infusion.spans(last.at_s),
            target=self._curves.target(),
            guards=self._curves.guards(),
            images_s=self._curves.images_s(),
            leases=self._leases.all(),
            ticks=self._totals.ticks(),
            account=self._totals.account(),
            alarms=self._alarms.all(),
            acts=self._acts.all(),
            happenings=self._happenings.all(),
            moments=tuple(self._moments),
            findings=self._checks.findings(),
            chain=Chain(last.seq, last.chain.hex(), self._broken_at, *self._checked),
            drug=self._drug.course(),
        )


def _accepted(decision: Body) -> bool:
    """Whether the image of this decision was used: a defective one leaves the map of the one before it."""
    verdict = part_or_none({"frame-identity": part(decision, "verdicts").get("frame-identity")}, "frame-identity")
    return part_or_none(decision, "maps") is not None and verdict is not None and truth(verdict, "may_continue")


def _moment(entry: Entry, body: Body) -> Moment:
    return Moment(
        at_s=entry.at_s,
        utc=entry.utc,
        label=text(body, "label"),
        temperature=digest(body, "temperature_degC"),
        validity=digest(body, "validity"),
        dose=digest(body, "dose_min"),
        dose_cut39=_later(body, "dose_cut39_min"),
        drug_tissue=_later(body, "drug_tissue_ug_per_ml"),
        drug_co_exposure=_later(body, "drug_co_exposure_ug_min_per_ml"),
    )


def _later(body: Body, key: str) -> str | None:
    """The digest of a map that records of earlier releases, and plans that do not ask for it, do not have."""
    return digest(body, key) if key in body else None
