"""A small, clean dossier with its code and its run: the corpus in which defects are seeded."""

import pytest

from syntherm_verify.trace.code_ids import Carrier
from syntherm_verify.trace.findings import Evidence
from syntherm_verify.trace.items import Item, Kind
from syntherm_verify.trace.junit import Outcome, Result
from syntherm_verify.trace.policy import Acceptability, Policy

SHALL = "The software shall do it within 1 s."


def item(id_: str, kind: Kind, links: dict[str, tuple[str, ...]], fields: dict[str, str], text: str = SHALL) -> Item:
    return Item(id_, kind, f"title of {id_}", text, f"{kind.value}.rst:1", links, fields)


def _software(id_: str, parent: str, **links: tuple[str, ...]) -> Item:
    return item(id_, Kind.SOFTWARE, {"refines": (parent,), **links}, {"sclass": "C", "method": "test", "kind": "a"})


_RISK = {"severity": "4", "probability_before": "4", "probability_after": "1", "harm": "burn", "residual": "little"}
ITEMS = (
    item("UN-01", Kind.NEED, {}, {"reader": "patient"}, "The patient needs it."),
    item("SYS-01", Kind.SYSTEM, {"derives": ("UN-01",)}, {}),
    item("SYS-02", Kind.SYSTEM, {"derives": ("UN-01",)}, {}),
    _software("SRS-101", "SYS-01", controls=("RC-01",)),
    _software("SRS-102", "SYS-02"),
    item("HAZ-01", Kind.HAZARD, {}, {}, "Too much energy."),
    item("HS-01", Kind.SITUATION, {"arises": ("HAZ-01",)}, _RISK, "This, then that."),
    item("RC-01", Kind.CONTROL, {"mitigates": ("HS-01",)}, {"measure": "inherent"}, "It ends by itself."),
)
_CELLS = {
    (s, p): Acceptability.UNACCEPTABLE if s * p > 12 else Acceptability.ACCEPTABLE
    for s in range(1, 6)
    for p in range(1, 6)
}


@pytest.fixture
def clean() -> Evidence:
    return Evidence(
        items=ITEMS,
        carriers=(Carrier("table.py", "session setup / stop", ("SRS-101", "RC-01")),),
        results=(
            Result("tests/test_a.py", "test_one[0]", ("RC-01", "SRS-101"), Outcome.PASSED),
            Result("tests/test_a.py", "test_one[1]", ("RC-01", "SRS-101"), Outcome.PASSED),
            Result("tests/test_b.py", "test_two", ("SRS-102",), Outcome.PASSED),
            Result("tests/test_c.py", "test_other", (), Outcome.FAILED),
        ),
        policy=Policy(_CELLS),
    )
