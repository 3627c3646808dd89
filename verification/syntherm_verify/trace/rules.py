"""The rules of the dossier's structure, one function each: items, their links, their risks, and the code's ids."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from syntherm_verify.trace.findings import Evidence, Finding
from syntherm_verify.trace.items import LINKS, TITLES, Item, Kind
from syntherm_verify.trace.policy import LEVELS, Acceptability

Rule = Callable[[Evidence], Iterator[Finding]]


def _at(item: Item, text: str) -> Finding:
    return Finding(item.place, item.id, text)


def ids_are_unique(evidence: Evidence) -> Iterator[Finding]:
    """No two items share an id."""
    count = Counter(item.id for item in evidence.items)
    return (_at(item, "duplicate id") for item in evidence.items if count[item.id] > 1)


def parents_are_there(evidence: Evidence) -> Iterator[Finding]:
    """Every item that needs a link upwards has one."""
    for item in evidence.items:
        for link in LINKS[item.kind]:
            if link.needed and not item.to(link.name):
                yield _at(item, f"no parent: '{link.name}' leads to no {TITLES[link.to]}")


def links_lead_to_items(evidence: Evidence) -> Iterator[Finding]:
    """Every link leads to an item that exists."""
    known = {item.id for item in evidence.items}
    for item in evidence.items:
        for name, ids in item.links.items():
            missing = [each for each in ids if each not in known]
            yield from (_at(item, f"'{name}' leads to {each}, which no item defines") for each in missing)


def links_lead_to_their_level(evidence: Evidence) -> Iterator[Finding]:
    """Every link is one that its item may bear, and leads to the kind that it is for."""
    kinds = {item.id: item.kind for item in evidence.items}
    for item in evidence.items:
        allowed = {link.name: link.to for link in LINKS[item.kind]}
        for name, ids in item.links.items():
            if name not in allowed:
                yield _at(item, f"wrong level: a {TITLES[item.kind]} has no link '{name}'")
                continue
            for each in ids:
                if each in kinds and kinds[each] is not allowed[name]:
                    found, expected = TITLES[kinds[each]], TITLES[allowed[name]]
                    yield _at(item, f"wrong level: '{name}' leads to {each}, a {found}, expected a {expected}")


_BELOW: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.NEED: ("derives", "no system requirement derives from it"),
    Kind.SYSTEM: ("refines", "no software requirement refines it"),
    Kind.HAZARD: ("arises", "no hazardous situation arises from it"),
    Kind.SITUATION: ("mitigates", "no risk control mitigates it"),
    Kind.CONTROL: ("controls", "no software requirement implements it"),
}


def nothing_ends_above(evidence: Evidence) -> Iterator[Finding]:
    """Every need, system requirement, hazard, situation and control has something below it."""
    for item in evidence.items:
        if item.kind in _BELOW:
            link, text = _BELOW[item.kind]
            if not evidence.below(item.id, link):
                yield _at(item, text)


def links_have_no_cycle(evidence: Evidence) -> Iterator[Finding]:
    """Following links upwards never comes back."""
    up = {item.id: [each for ids in item.links.values() for each in ids] for item in evidence.items}
    for item in evidence.items:
        seen: set[str] = set()
        ahead = list(up[item.id])
        while ahead:
            here = ahead.pop()
            if here not in seen:
                seen.add(here)
                ahead.extend(up.get(here, ()))
        if item.id in seen:
            yield _at(item, "its links lead back to itself")


def risks_are_on_their_scales(evidence: Evidence) -> Iterator[Finding]:
    """Severity and both probabilities are stated, 1 to 5; control does not raise the probability."""
    for item in evidence.of(Kind.SITUATION):
        for field in ("severity", "probability_before", "probability_after"):
            if item.number(field) not in LEVELS:
                found = item.fields.get(field, "nothing")
                yield _at(item, f"{field} is {found}, expected a whole number from 1 to 5")
        before, after = item.number("probability_before"), item.number("probability_after")
        if before is not None and after is not None and after > before:
            yield _at(item, f"probability rises by risk control, from {before} to {after}")


def residual_risks_are_accepted(evidence: Evidence) -> Iterator[Finding]:
    """No situation is unacceptable by the policy once it is controlled."""
    for item in evidence.of(Kind.SITUATION):
        severity, after = item.number("severity"), item.number("probability_after")
        if evidence.policy.judge(severity, after) is Acceptability.UNACCEPTABLE:
            yield _at(item, f"residual risk unacceptable: severity {severity}, probability {after}")


_FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.NEED: ("reader",),
    Kind.SOFTWARE: ("sclass", "method", "kind"),
    Kind.SITUATION: ("harm", "residual"),
    Kind.CONTROL: ("measure",),
}


def fields_are_filled(evidence: Evidence) -> Iterator[Finding]:
    """Every item states what its kind must state."""
    for item in evidence.items:
        missing = [name for name in _FIELDS.get(item.kind, ()) if not item.fields.get(name, "").strip()]
        yield from (_at(item, f"field '{name}' is missing") for name in missing)


def controls_are_not_class_a(evidence: Evidence) -> Iterator[Finding]:
    """A requirement that implements a risk control has the class of what it controls (IEC 62304 7.2.2)."""
    for item in evidence.of(Kind.SOFTWARE):
        if item.to("controls") and item.fields.get("sclass") == "A":
            yield _at(item, f"class A, but implements {', '.join(item.to('controls'))}")


_SHALL: Final = re.compile(r"\bshall\b", re.IGNORECASE)


def one_shall_each(evidence: Evidence) -> Iterator[Finding]:
    """A requirement says one thing: one 'shall'."""
    for item in evidence.of(Kind.SYSTEM) + evidence.of(Kind.SOFTWARE):
        count = len(_SHALL.findall(item.text))
        if count != 1:
            yield _at(item, f"{count} times 'shall', expected one")


def code_carries_known_ids(evidence: Evidence) -> Iterator[Finding]:
    """Every id in the table and the faults is a software requirement or a risk control of the dossier."""
    known = {item.id for item in evidence.of(Kind.SOFTWARE) + evidence.of(Kind.CONTROL)}
    for carrier in evidence.carriers:
        for each in carrier.ids:
            if each not in known:
                yield Finding(carrier.place, each, f"carried by {carrier.name}, but no item defines it")


STRUCTURE: Final[tuple[Rule, ...]] = (
    ids_are_unique,
    parents_are_there,
    links_lead_to_items,
    links_lead_to_their_level,
    nothing_ends_above,
    links_have_no_cycle,
    risks_are_on_their_scales,
    residual_risks_are_accepted,
    fields_are_filled,
    controls_are_not_class_a,
    one_shall_each,
    code_carries_known_ids,
)
