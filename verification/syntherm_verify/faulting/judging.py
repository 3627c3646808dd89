"""What is wrong with one trial: by the truth of the simulators, and by the record."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs

from syntherm.core.faults import Code
from syntherm_verify.faulting.expected import Expected
from syntherm_verify.faulting.reading import Said
from syntherm_verify.faulting.room import Flow

ROUNDING_S: Final = 0.01
"""Trains of pulses and steps of time do not end together."""
CONSEQUENCES: Final = frozenset({Code.OUT_OF_RANGE})
"""Follows from any heat that is taken away."""
DEFECTS: Final = frozenset({Code.CHECK_DID_NOT_RUN, Code.PROPERTY_VIOLATED})
_TELLS: Final = re.compile(
    r"(?:^|[.;:,]\s+|\band\s+|\bthen\s+)"
    r"(?:attend|check|switch|look|clamp|restart|resume|reset|release|wait|keep|stop treating|report|call|replace)\b"
    r"|\bmust not be used\b",
    re.IGNORECASE,
)


@attrs.frozen
class Seen:
    """One trial. Moments in s; `said`: what the record says; `hottest_degC`: of true tissue in the target.

    `later_s`: by so much people acted later than planned, because before it would have had no meaning. `guided`: what
    the guidance said when an act of theirs had been answered.
    """

    began_s: tuple[float, ...]
    ended_s: float
    energy: tuple[Flow, ...]
    drug: tuple[Flow, ...]
    said: Said
    hottest_degC: float
    target_max_degC: float
    later_s: float = 0.0
    failed: str = ""
    guided: tuple[str, ...] = ()


def tells_what_to_do(text: str) -> bool:
    """Whether a text for operators holds an instruction."""
    return _TELLS.search(text) is not None


def problems(seen: Seen, demands: tuple[Expected, ...], texts: Mapping[str, str] | None = None) -> Iterator[str]:
    """What is wrong, one line each. `demands`: of each fault, in the order in which they began."""
    if seen.failed:
        yield f"the session failed: {seen.failed}"
    yield from _flows(seen, demands)
    yield from _names(seen, demands)
    told = (*seen.said.refusals, *seen.guided)
    if seen.said.refusals and not seen.said.named and not any(map(tells_what_to_do, told)):
        yield f"operators were told only: {'; '.join(told)}"
    for name in seen.said.named:
        text = (texts or TEXTS).get(name, "")
        if not text.strip():
            yield f"{name}: its text for operators is empty"
        elif not tells_what_to_do(text):
            yield f"{name}: its text does not say what to do: {text}"


def _flows(seen: Seen, demands: tuple[Expected, ...]) -> Iterator[str]:
    yield from _late("energy", seen.energy, _bound_s(seen, demands, lambda demand: demand.off_s))
    yield from _late("drug", seen.drug, _bound_s(seen, demands, lambda demand: demand.held_s))
    yield from _beyond("energy", seen.energy, seen.said.leases, ROUNDING_S)
    if not any(demand.unlent for demand in demands):
        yield from _beyond("drug", seen.drug, seen.said.grants, ROUNDING_S)
    if any(demand.cooler for demand in demands) and seen.hottest_degC > seen.target_max_degC:
        yield f"the target was {seen.hottest_degC:.2f} degC, expected at most {seen.target_max_degC:g} degC"


def _bound_s(seen: Seen, demands: tuple[Expected, ...], which: Callable[[Expected], float | None]) -> float | None:
    each = zip(seen.began_s, demands, [which(demand) for demand in demands], strict=True)
    ends = [
        began_s + after_s + (seen.later_s if demand.acted else 0.0)
        for began_s, demand, after_s in each
        if after_s is not None
    ]
    return max(ends, default=None)


def _late(what: str, flows: tuple[Flow, ...], bound_s: float | None) -> Iterator[str]:
    last_s = max((flow.to_s for flow in flows), default=None)
    if bound_s is not None and last_s is not None and last_s > bound_s + ROUNDING_S:
        yield f"{what} flowed until {last_s:.3f} s, expected at most until {bound_s:.3f} s"


def _beyond(what: str, flows: tuple[Flow, ...], loans: tuple[float, ...], by_s: float) -> Iterator[str]:
    last_s = max((flow.to_s for flow in flows), default=None)
    if last_s is None:
        return
    if not loans:
        yield f"{what} flowed until {last_s:.3f} s, and the record knows no loan"
    elif last_s > max(loans) + by_s:
        yield f"{what} flowed until {last_s:.3f} s, and its last loan ended at {max(loans):.3f} s"


def _names(seen: Seen, demands: tuple[Expected, ...]) -> Iterator[str]:
    found = {Code[name] for name in seen.said.named}
    blocking = {Code[name] for name in seen.said.blocked}
    if defects := found & DEFECTS:
        yield f"a defect of the software was recorded: {_list(defects)}"
    hits = [bool((found | blocking) & demand.named) for demand in demands]
    quiet = [bool(demand.harmless) for demand in demands]
    if not any(hits) and not all(quiet):
        wanted = frozenset[Code]().union(*(demand.named for demand in demands))
        yield f"named {_list(found | blocking)}, expected one of {_list(wanted)}"
    right = CONSEQUENCES.union(DEFECTS, *(demand.named | demand.also for demand in demands))
    if wrong := found - right:
        yield f"named {_list(wrong)}, which it is not"


def _list(codes: set[Code] | frozenset[Code]) -> str:
    return " ".join(sorted(code.name for code in codes)) or "nothing"


TEXTS: Final[Mapping[str, str]] = {code.name: code.value.text for code in Code}
