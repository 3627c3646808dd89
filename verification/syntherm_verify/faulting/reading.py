"""What a record says of a trial: loans, faults that came to stand, and checks that did not allow an act."""

import json
from pathlib import Path
from typing import Any, Final

import attrs

from syntherm.audit.reader import AuditReader

_OF_TISSUE: Final = "the target has not been in range for the dwell"
"""A refusal that no device is the reason for."""


@attrs.frozen
class Said:
    """Ends of loans of energy and drug in s; since a moment: codes that came to stand, codes of checks that blocked an
    act, and what the operators were told of acts that were refused for other reasons than the tissue's.
    """

    leases: tuple[float, ...]
    grants: tuple[float, ...]
    named: tuple[str, ...]
    blocked: tuple[str, ...]
    refusals: tuple[str, ...]


class _Reading:
    def __init__(self, since_s: float) -> None:
        self._since_s = since_s
        self._before: set[str] = set()
        self._failing: list[str] = []
        self.leases: list[float] = []
        self.grants: list[float] = []
        self.named: dict[str, None] = {}
        self.blocked: dict[str, None] = {}
        self.refusals: dict[str, None] = {}

    def decision(self, at_s: float, body: Any) -> None:
        for command in body["commands"]:
            if command["$type"] == "GrantLease":
                self.leases.append(float(command["until_s"]))
            elif command["$type"] == "GrantInfusion":
                self.grants.append(float(command["until_s"]))
        standing = {str(fault["code"]) for fault in body["faults"]}
        verdicts = body["verdicts"].values()
        self._failing = [str(verdict["code"]) for verdict in verdicts if not verdict["may_start"] and verdict["code"]]
        if at_s >= self._since_s:
            self.named |= dict.fromkeys(sorted(standing - self._before))
            if body["refused"] is not None:
                self.refusal(str(body["refused"]))
        else:
            self._before = standing

    def refusal(self, because: str) -> None:
        if because == _OF_TISSUE:
            return
        self.blocked |= dict.fromkeys(self._failing)
        self.refusals[because] = None


def said(record: Path, since_s: float, loans_since_s: float) -> Said:
    """Read it: all since `since_s`, loans since `loans_since_s`. Raises UnreadableRecord, LookupError, ValueError."""
    reading = _Reading(since_s)
    with AuditReader(record) as reader:
        for entry in reader.entries():
            if entry.kind == "decision" and entry.at_s >= loans_since_s:
                reading.decision(entry.at_s, json.loads(entry.body))
            elif entry.kind == "refusal" and entry.at_s >= since_s:
                reading.refusal(str(json.loads(entry.body)))
    found = (tuple(reading.named), tuple(reading.blocked), tuple(reading.refusals))
    return Said(tuple(reading.leases), tuple(reading.grants), *found)
