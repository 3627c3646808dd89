"""Defects seeded one at a time in a clean corpus: each is caught, named, and nothing else is said.

This is the validation of the trace check itself: a check that cannot fail proves nothing.
"""

from collections.abc import Callable

import attrs
import pytest

from syntherm_verify.trace.code_ids import Carrier
from syntherm_verify.trace.findings import Evidence
from syntherm_verify.trace.items import Item, Kind
from syntherm_verify.trace.junit import Outcome, Result
from syntherm_verify.trace.rules_tests import check

Seed = Callable[[Evidence], Evidence]


def with_item(evidence: Evidence, new: Item) -> Evidence:
    return attrs.evolve(evidence, items=tuple(new if each.id == new.id else each for each in evidence.items))


def item_of(evidence: Evidence, id_: str) -> Item:
    return next(each for each in evidence.items if each.id == id_)


def linked(id_: str, link: str, *ids: str) -> Seed:
    def seed(evidence: Evidence) -> Evidence:
        old = item_of(evidence, id_)
        links = {**old.links, link: ids} if ids else {k: v for k, v in old.links.items() if k != link}
        return with_item(evidence, attrs.evolve(old, links=links))

    return seed


def field(id_: str, name: str, value: str) -> Seed:
    def seed(evidence: Evidence) -> Evidence:
        old = item_of(evidence, id_)
        fields = {k: v for k, v in {**old.fields, name: value}.items() if v}
        return with_item(evidence, attrs.evolve(old, fields=fields))

    return seed


def added(new: Item) -> Seed:
    return lambda evidence: attrs.evolve(evidence, items=(*evidence.items, new))


def removed(id_: str) -> Seed:
    return lambda evidence: attrs.evolve(evidence, items=tuple(e for e in evidence.items if e.id != id_))


def ended(file: str, outcome: Outcome) -> Seed:
    def seed(evidence: Evidence) -> Evidence:
        results = evidence.results or ()
        return attrs.evolve(
            evidence, results=tuple(attrs.evolve(r, outcome=outcome) if r.file == file else r for r in results)
        )

    return seed


def with_test(*ids: str, outcome: Outcome = Outcome.PASSED) -> Seed:
    new = Result("tests/test_new.py", "test_new[x]", ids, outcome)
    return lambda evidence: attrs.evolve(evidence, results=(*(evidence.results or ()), new))


def carried(*ids: str) -> Seed:
    new = Carrier("table.py", "energy on / stop", ids)
    return lambda evidence: attrs.evolve(evidence, carriers=(*evidence.carriers, new))


def orphan(id_: str, kind: Kind, **links: tuple[str, ...]) -> Item:
    fields = {"reader": "patient", "measure": "inherent", "sclass": "C", "method": "test", "kind": "a"}
    return Item(id_, kind, id_, "It shall.", "new.rst:7", links, fields)


def also(*seeds: Seed) -> Seed:
    def seed(evidence: Evidence) -> Evidence:
        for each in seeds:
            evidence = each(evidence)
        return evidence

    return seed


NO_TEST = "no executed and passed test"
NOT_CARRIED = "neither code nor a test carries it"
SRS1, SRS2, HS, RC = (
    "swreq.rst:1: SRS-101: ",
    "swreq.rst:1: SRS-102: ",
    "situation.rst:1: HS-01: ",
    "control.rst:1: RC-01: ",
)
ONE, TWO = "tests/test_a.py::test_one[0]", "tests/test_b.py::test_two"

DEFECTS: dict[str, tuple[Seed, list[str]]] = {
    "link to a missing item": (
        linked("SRS-102", "refines", "SYS-02", "SYS-77"),
        [SRS2 + "'refines' leads to SYS-77, which no item defines"],
    ),
    "requirement without parent": (
        also(linked("SRS-102", "refines"), linked("SRS-101", "refines", "SYS-01", "SYS-02")),
        [SRS2 + "no parent: 'refines' leads to no system requirement"],
    ),
    "system requirement without software requirement": (
        linked("SRS-102", "refines", "SYS-01"),
        ["sysreq.rst:1: SYS-02: no software requirement refines it"],
    ),
    "need without system requirement": (
        added(orphan("UN-02", Kind.NEED)),
        ["new.rst:7: UN-02: no system requirement derives from it"],
    ),
    "hazard without hazardous situation": (
        added(orphan("HAZ-02", Kind.HAZARD)),
        ["new.rst:7: HAZ-02: no hazardous situation arises from it"],
    ),
    "hazardous situation without control": (
        added(
            attrs.evolve(
                orphan("HS-02", Kind.SITUATION, arises=("HAZ-01",)),
                fields={
                    "severity": "1",
                    "probability_before": "1",
                    "probability_after": "1",
                    "harm": "h",
                    "residual": "r",
                },
            )
        ),
        ["new.rst:7: HS-02: no risk control mitigates it"],
    ),
    "risk control implemented by nothing": (
        also(added(orphan("RC-02", Kind.CONTROL, mitigates=("HS-01",))), with_test("RC-02")),
        ["new.rst:7: RC-02: no software requirement implements it"],
    ),
    "risk control and requirement that nothing carries": (
        also(
            added(orphan("RC-02", Kind.CONTROL, mitigates=("HS-01",))),
            added(orphan("SRS-103", Kind.SOFTWARE, refines=("SYS-01",), controls=("RC-02",))),
        ),
        [
            "new.rst:7: RC-02: " + NOT_CARRIED,
            "new.rst:7: RC-02: " + NO_TEST,
            "new.rst:7: SRS-103: " + NOT_CARRIED,
            "new.rst:7: SRS-103: " + NO_TEST,
        ],
    ),
    "requirement without test": (
        also(with_test("SRS-101"), added(orphan("SRS-103", Kind.SOFTWARE, refines=("SYS-01",))), carried("SRS-103")),
        ["new.rst:7: SRS-103: " + NO_TEST],
    ),
    "failing test as the only evidence": (
        ended("tests/test_b.py", Outcome.FAILED),
        [SRS2 + f"{NO_TEST} (only {TWO} failed)", "tests/test_b.py: SRS-102: test failed: test_two"],
    ),
    "failing test beside a passed one": (
        with_test("SRS-102", outcome=Outcome.FAILED),
        ["tests/test_new.py: SRS-102: test failed: test_new[x]"],
    ),
    "skipped or xfailed test as the only evidence": (
        ended("tests/test_a.py", Outcome.SKIPPED),
        [RC + f"{NO_TEST} (only {ONE} skipped and 1 more)", SRS1 + f"{NO_TEST} (only {ONE} skipped and 1 more)"],
    ),
    "test of a missing id": (
        with_test("SRS-102", "SRS-999"),
        ["tests/test_new.py: SRS-999: carried by test_new, but no item defines it"],
    ),
    "test linked to the wrong level": (
        with_test("SYS-01"),
        ["tests/test_new.py: SYS-01: carried by test_new, but no item defines it"],
    ),
    "code with a missing id": (
        carried("SRS-101", "RC-99"),
        ["table.py: RC-99: carried by energy on / stop, but no item defines it"],
    ),
    "item removed that others need": (
        removed("RC-01"),
        [
            HS + "no risk control mitigates it",
            SRS1 + "'controls' leads to RC-01, which no item defines",
            "table.py: RC-01: carried by session setup / stop, but no item defines it",
            "tests/test_a.py: RC-01: carried by test_one, but no item defines it",
        ],
    ),
    "link cycle": (
        linked("SYS-01", "derives", "UN-01", "SYS-01"),
        [
            "sysreq.rst:1: SYS-01: its links lead back to itself",
            "sysreq.rst:1: SYS-01: wrong level: 'derives' leads to SYS-01, a system requirement, expected a user need",
        ],
    ),
    "link that skips a level": (
        linked("SRS-102", "refines", "SYS-02", "UN-01"),
        [SRS2 + "wrong level: 'refines' leads to UN-01, a user need, expected a system requirement"],
    ),
    "link that its kind cannot bear": (
        linked("RC-01", "derives", "UN-01"),
        [RC + "wrong level: a risk control has no link 'derives'"],
    ),
    "duplicate id": (
        added(orphan("SRS-102", Kind.SOFTWARE, refines=("SYS-02",))),
        ["new.rst:7: SRS-102: duplicate id", SRS2 + "duplicate id"],
    ),
    "severity missing": (
        field("HS-01", "severity", ""),
        [HS + "severity is nothing, expected a whole number from 1 to 5"],
    ),
    "severity 9": (field("HS-01", "severity", "9"), [HS + "severity is 9, expected a whole number from 1 to 5"]),
    "probability 0": (
        field("HS-01", "probability_after", "0"),
        [HS + "probability_after is 0, expected a whole number from 1 to 5"],
    ),
    "control that raises a probability": (
        also(field("HS-01", "probability_before", "1"), field("HS-01", "probability_after", "2")),
        [HS + "probability rises by risk control, from 1 to 2"],
    ),
    "residual risk unacceptable": (
        field("HS-01", "probability_after", "4"),
        [HS + "residual risk unacceptable: severity 4, probability 4"],
    ),
    "safety class missing": (field("SRS-102", "sclass", ""), [SRS2 + "field 'sclass' is missing"]),
    "class A behind a risk control": (field("SRS-101", "sclass", "A"), [SRS1 + "class A, but implements RC-01"]),
    "two requirements in one": (
        lambda evidence: with_item(
            evidence, attrs.evolve(item_of(evidence, "SRS-102"), text="It shall do this and shall do that.")
        ),
        [SRS2 + "2 times 'shall', expected one"],
    ),
}


def test_the_clean_corpus_has_no_finding(clean: Evidence) -> None:
    assert check(clean) == ()


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_seeded_defect_is_caught_and_named(clean: Evidence, defect: str) -> None:
    seed, expected = DEFECTS[defect]

    assert [str(finding) for finding in check(seed(clean))] == sorted(expected)


def test_findings_come_in_the_order_of_file_and_line(clean: Evidence) -> None:
    moved = tuple(attrs.evolve(item, place=f"a.rst:{9 + n}") for n, item in enumerate(clean.items))
    found = check(attrs.evolve(clean, items=moved, carriers=(), results=()))

    assert [finding.place for finding in found] == sorted((f.place for f in found), key=lambda p: int(p[6:]))
    assert [f.place for f in found][:2] == ["a.rst:12", "a.rst:12"]


def test_without_a_run_only_structure_is_judged(clean: Evidence) -> None:
    bare = attrs.evolve(clean, results=None)

    assert check(bare) == ()
    assert len(check(removed("RC-01")(bare))) == 3
