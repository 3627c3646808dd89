"""The transition table and the faults, as Markdown that an auditor can read."""

from collections.abc import Iterable

from syntherm.core.faults import Code
from syntherm.core.table import TABLE, Kind, Row
from syntherm.core.vocabulary import REGIONS, State


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _transition(row: Row) -> tuple[str, ...]:
    guard = ", ".join(("" if truth else "NOT ") + fact.name for fact, truth in row.guard) or "always"
    if row.kind is Kind.MOVE:
        answer = f"to {row.target.name}" if row.target is not row.source else "stays"
        does = ", ".join(effect.value for effect in row.effects) or "-"
    else:
        answer, does = f"{row.kind.value}d", row.because
    within = f"{row.response_s:g} s" if row.response_s is not None else "-"
    ids = " ".join((*row.requirements, *row.controls)) or "-"
    return (row.source.name, row.trigger.value, guard, answer, does, within, ids)


def _region(region: type[State]) -> str:
    rows = [_transition(row) for row in TABLE if isinstance(row.source, region)]
    head = ("state", "trigger", "guard", "answer", "effect or reason", "within", "ids")
    return f"## {region.__name__}\n\n{_table(head, rows)}\n"


def transitions() -> str:
    """Every row of the table, region by region."""
    intro = f"# The transition table\n\nMade from `core/table.py` by `syntherm-verify generated`: {len(TABLE)} rows.\n"
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
