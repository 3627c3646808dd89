"""The environment's free choice as inputs: all events of a kind in one, each answer a variable of its own."""

from collections.abc import Mapping
from typing import Final

from syntherm.core.vocabulary import ACTS, Trigger
from syntherm_verify.model.environment import Given, Group, Kind
from syntherm_verify.model.expr import YES, Expr, Var, eq
from syntherm_verify.model.rules import Rules
from syntherm_verify.model.space import variables

_TRUTHS: Final = (
    "person", "reason", "unfit", "thermal", "in_range", "finishes", "passes", "others", "suits", "stop_open", "pumps",
)  # fmt: skip
_TRIGGERS: Final[Mapping[Kind, Trigger]] = {
    Kind.FRAME: Trigger.FRAME, Kind.POLL: Trigger.POLL, Kind.RESTART: Trigger.RESTART,
}  # fmt: skip


def inputs(rules: Rules) -> dict[str, int]:
    """What the environment chooses at each clock: name, and the most it can be."""
    latest = next(v.most for v in variables(rules.k) if v.name == "image")
    return {
        "in_kind": len(Kind) - 1,
        "in_trigger": len(ACTS) - 1,
        "in_item": 2,
        "in_delay": latest,
        **{f"in_{name}": 1 for name in _TRUTHS},
        **{_fault(group): 1 for group in Group},
    }


def _fault(group: Group) -> str:
    return f"in_fault_{group.name.lower()}"


def any_of(kind: Kind) -> Given:
    """All events of a kind at once. The item 0 stands for those that are not looked at."""
    by_kind: Mapping[Trigger, Expr] = {_TRIGGERS[kind]: YES} if kind in _TRIGGERS else {}
    if kind is Kind.ACT:
        by_kind = {trigger: eq(Var("in_trigger"), n) for n, trigger in enumerate(ACTS)}
    return Given(
        kind=kind,
        triggers=by_kind,
        faults={group: Var(_fault(group)) for group in Group},
        two=eq(Var("in_item"), 1),
        one=eq(Var("in_item"), 2),
        delay=Var("in_delay"),
        **{name: Var(f"in_{name}") for name in _TRUTHS},
    )
