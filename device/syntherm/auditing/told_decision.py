"""One line on what the core decided: what asked for it, where the session stands, what changed, what left."""

from collections.abc import Iterator
from typing import Final

import attrs

from syntherm.auditing.looks import Body, Json, items, number, part, short, text, truth
from syntherm.auditing.told_events import NOT_KNOWN, amount, words

REGIONS: Final = ("session", "calibration", "energy", "infusion")
OVER_TARGET: Final = ("cold90", "mean", "hot10")


@attrs.frozen
class Fault:
    """A fault that stands: its name, since when (s of the record's clock), and what was found."""

    code: str
    since_s: float | None
    detail: str

    @property
    def name(self) -> str:
        """As operators read it: TARGET-HOT."""
        return short(self.code.replace("_", "-"), 40)


def standing(decision: Json) -> tuple[Fault, ...]:
    """The faults that stand after a decision."""
    return tuple(
        Fault(text(fault, "code") or NOT_KNOWN, number(fault, "since_s"), text(fault, "detail") or "")
        for fault in items(decision, "faults")
    )


def changes(decision: Json) -> dict[str, tuple[str | None, str | None]]:
    """Regions of the table that moved: before and after."""
    both = {name: (text(decision, "before", name), text(decision, "after", name)) for name in REGIONS}
    return {name: (before, after) for name, (before, after) in both.items() if before != after}


@attrs.frozen
class News:
    """Faults that a decision raised, and faults that stand no more."""

    raised: tuple[Fault, ...]
    gone: tuple[Fault, ...]

    @classmethod
    def between(cls, before: tuple[Fault, ...], after: tuple[Fault, ...]) -> "News":
        """What changed between two decisions that follow each other."""
        old, new = {(f.code, f.since_s) for f in before}, {(f.code, f.since_s) for f in after}
        raised = tuple(f for f in after if (f.code, f.since_s) not in old)
        return cls(raised, tuple(f for f in before if (f.code, f.since_s) not in new))


def told_decision(decision: Json, news: News) -> str:
    """One line."""
    asked = ", ".join(words(str(trigger)) for trigger in items(decision, "triggers")) or "no trigger"
    told = [f"{asked}: {_where(decision)}", *_told(decision), *(f"new fault {f.name}: {f.detail}" for f in news.raised)]
    if news.gone:
        told.append("no more: " + ", ".join(fault.name for fault in news.gone))
    return short("; ".join(told), 400)


def _where(decision: Json) -> str:
    moved = changes(decision)
    before, after = moved.pop("session", (None, text(decision, "after", "session")))
    place = words(after) if before is None else f"{words(before)} -> {words(after)}"
    return "; ".join([place, *(f"{name} {words(old)} -> {words(new)}" for name, (old, new) in moved.items())])


def _told(decision: Json) -> Iterator[str]:
    refused = text(decision, "refused")
    if refused is not None:
        yield f"refused: {refused}"
    yield from (f"broken property {words(text(found, 'property'))}" for found in items(decision, "violations"))
    if "FRAME" in items(decision, "triggers"):
        yield _temperatures(decision)
    at_s = number(decision, "at_s")
    yield from (command(each, at_s) for each in items(decision, "commands"))


def _temperatures(decision: Json) -> str:
    target = part(decision, "target")
    values = [f"{name} {amount(number(target, name, 'estimate'), 1, 'degC')}" for name in OVER_TARGET]
    in_range = truth(decision, "range_clock", "in_range")
    seen = ", ".join(values) if number(target, "mean", "estimate") is not None else "no temperature of the target"
    return f"{seen}, {'range not known' if in_range is None else 'in range' if in_range else 'out of range'}"


def command(body: Json, at_s: float | None) -> str:
    """One command in words; `at_s` is the moment of the decision."""
    kind, until_s = text(body, "$type"), number(body, "until_s")
    lasts = amount(None if until_s is None or at_s is None else until_s - at_s, 1, "s")
    if kind == "GrantLease":
        return f"lend {amount(power_W(body), 1, 'W')} for {lasts}"
    if kind == "GrantInfusion":
        rate, most = number(body, "rate_ml_per_h"), number(body, "volume_limit_ml")
        return f"let infuse {amount(rate, 1, 'mL/h')} for {lasts}, to {amount(most, 2, 'mL')} at most"
    return {"EnergyOff": "energy off", "HoldInfusion": "hold pump"}.get(kind or "", f"command {words(kind)}")


def power_W(lease: Body) -> float | None:
    """Total power of a lease; None if that of a focal point is not known."""
    powers = [number(point, "power_W") for point in items(lease, "points")]
    known = [value for value in powers if value is not None]
    return sum(known) if len(known) == len(powers) else None
