"""The transition table and the faults, as Markdown that an auditor can read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from syntherm.core.faults import Code
from syntherm.core.table import TABLE, Kind, Literal, Row
from syntherm.core.vocabulary import REGIONS, State

_COUNTED: Final[Mapping[Kind, str]] = {
    Kind.MOVE: "accept", Kind.IGNORE: "ignore", Kind.REFUSE: "refuse", Kind.NEVER: "never decide",
}  # fmt: skip


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _guard(guard: tuple[Literal, ...]) -> str:
    return ", ".join(("" if truth else "NOT ") + fact.name for fact, truth in guard) or "always"


def _transition(row: Row) -> tuple[str, ...]:
    if row.kind is Kind.MOVE:
        answer = f"to {row.target.name}" if row.target is not row.source else "stays"
        does = ", ".join(effect.value for effect in row.effects) or "-"
    else:
        answer, does = f"{row.kind.value}d", row.because
    within = f"{row.response_s:g} s" if row.response_s is not None else "-"
    ids = " ".join((*row.requirements, *row.controls)) or "-"
    return (row.source.name, row.trigger.value, _guard(row.guard), answer, does, within, ids)


def _never(rows: Iterable[Row]) -> Iterable[tuple[str, ...]]:
    """Rows that never decide, put together: first the states of a trigger, then the triggers of those states."""
    states: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        states.setdefault((row.trigger.value, _guard(row.guard), row.because), []).append(row.source.name)
    triggers: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for (trigger, guard, because), names in states.items():
        triggers.setdefault((tuple(names), guard, because), []).append(trigger)
    return ((" ".join(names), " ".join(each), guard, because) for (names, guard, because), each in triggers.items())


def _region(region: type[State]) -> str:
    here = [row for row in TABLE if isinstance(row.source, region)]
    never = [row for row in here if row.kind is Kind.NEVER]
    head = ("state", "trigger", "guard", "answer", "effect or reason", "within", "ids")
    decided = _table(head, (_transition(row) for row in here if row.kind is not Kind.NEVER))
    why = _table(("states", "triggers", "guard", "why"), _never(never))
    name = region.__name__
    return f"## {name}\n\n{decided}\n\n### {name}: never decided, and why ({len(never)} rows)\n\n{why}\n"


def transitions() -> str:
    """Every row of the table, region by region."""
    kinds = Counter(row.kind for row in TABLE)
    told = ", ".join(f"{kinds[kind]} {word}" for kind, word in _COUNTED.items())
    intro = (
        "# The transition table\n\n"
        f"Made from `core/table.py` by `syntherm-verify generated`: {len(TABLE)} rows ({told}).\n\n"
        "Every row decides in some session, but for those that never do. Those keep the table whole, and say why no\n"
        "session comes to them; if one were to decide all the same, the step would end as a defect of the software.\n"
        "They stand together under each region, and all are there for SRS-101.\n"
    )
    return "\n".join([intro, *(_region(region) for region in REGIONS)])


def faults() -> str:
    """Every fault with what it means to the operators."""
    rows = [
        (
            f.code,
            f.response.name,
            f.priority.name.lower(),
            f.clears.value,
            " ".join(sorted(state.name for state in f.watched_in)),
            f.text,
            f.control,
        )
        for f in (code.value for code in Code)
    ]
    head = ("fault", "response", "priority", "clears", "raised in", "operators read", "risk control")
    intro = "# Faults and alarms\n\nMade from `core/faults.py` by `syntherm-verify generated`."
    return f"{intro}\n\n{_table(head, rows)}\n"
