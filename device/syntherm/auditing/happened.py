"""Rows that take more than one entry to know: acts with their answers, faults from raise to clear."""

from typing import Final

import attrs

from syntherm.auditing.entries import ANSWERS
from syntherm.auditing.looks import items, number, text, truth
from syntherm.auditing.rows import WHEN, Columns, Row, Value, when
from syntherm.auditing.walk import Step
from syntherm.core.faults import Code

ACTS: Final[Columns] = {
    **WHEN, "person": "VARCHAR", "act": "VARCHAR", "item": "VARCHAR", "reason": "VARCHAR", "refused": "VARCHAR",
}  # fmt: skip
FAULTS: Final[Columns] = {
    **WHEN, "code": "VARCHAR", "priority": "VARCHAR", "response": "VARCHAR", "detail": "VARCHAR",
    "cause_gone_s": "DOUBLE", "cleared_s": "DOUBLE",
}  # fmt: skip
_UNSIGNED: Final = "came without a signature"


class Acts:
    """Operators' acts, each given when its answer is known. `refused` is why the table refused it."""

    def __init__(self) -> None:
        self._waiting: Step | None = None

    def feed(self, step: Step) -> list[Row]:
        """The acts that are known with this step."""
        if step.entry.kind == "unsigned":
            return [*self.end(), _act(step, _UNSIGNED)]
        if step.entry.kind == "event":
            done = self.end()
            self._waiting = step if text(step.body, "$type") == "OperatorActed" else None
            return done
        if self._waiting is None or step.event is not self._waiting or step.entry.kind not in ANSWERS:
            return []
        refused = text(step.body, "refused") if step.entry.kind == "decision" else str(step.body)
        return self._given(refused)

    def end(self) -> list[Row]:
        """An act to which no answer is on record."""
        return self._given(None)

    def _given(self, refused: str | None) -> list[Row]:
        act, self._waiting = self._waiting, None
        return [] if act is None else [_act(act, refused)]


def _act(step: Step, refused: str | None) -> Row:
    said = {name: text(step.body, name) for name in ("person", "act", "item", "reason")}
    return {**when(step), **said, "refused": refused}


@attrs.frozen(eq=False)
class _Standing:
    row: Row
    gone_s: float | None


class Faults:
    """Faults, each given when it stands no more. Times in session time; None where it never came to that."""

    def __init__(self) -> None:
        self._standing: dict[tuple[Value, Value], _Standing] = {}

    def feed(self, step: Step) -> list[Row]:
        """The faults that are over with this step."""
        if step.entry.kind != "decision":
            return []
        present = set()
        for fault in items(step.body, "faults"):
            code, since_s = text(fault, "code"), number(fault, "since_s")
            present.add((code, since_s))
            known = self._standing.get((code, since_s))
            if known is None:
                known = _Standing(_raised(step, code, text(fault, "detail")), None)
            active = truth(fault, "active") is not False
            gone_s = None if active else known.gone_s if known.gone_s is not None else step.session_s
            self._standing[(code, since_s)] = _Standing(known.row, gone_s)
        over = [self._standing.pop(key) for key in [key for key in self._standing if key not in present]]
        return [_row(fault, step.session_s) for fault in over]

    def end(self) -> list[Row]:
        """Faults that stand at the end of the record."""
        rest, self._standing = list(self._standing.values()), {}
        return [_row(fault, None) for fault in rest]


def _raised(step: Step, code: str | None, detail: str | None) -> Row:
    fault = Code[code].value if code is not None and code in Code.__members__ else None
    priority = None if fault is None else fault.priority.name
    response = None if fault is None else fault.response.name
    return {**when(step), "code": code, "priority": priority, "response": response, "detail": detail}


def _row(fault: _Standing, cleared_s: float | None) -> Row:
    return {**fault.row, "cause_gone_s": fault.gone_s, "cleared_s": cleared_s}
