"""What a record says of the session that went on: what it found at the devices, and what it had them do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

from syntherm.audit.reader import AuditReader

_LENDS: Final = ("GrantLease", "GrantInfusion")
_TAKES: Final = ("EnergyOff", "HoldInfusion")


@attrs.frozen
class GoneOn:
    """All of it since the record was resumed. `lent`, `taken`: names of commands; `restarts`: entries that say so.

    `sounds`, `runs`: looks that found output, or a running pump; `silent`: those at which one of them did not answer.
    `pumped_ml`: the pump's counter at the last look; None if it was never heard.
    """

    restarts: int
    lent: tuple[str, ...]
    taken: frozenset[str]
    looks: int
    sounds: int
    runs: int
    silent: int
    pumped_ml: float | None


def gone_on(record: Path) -> GoneOn:
    """Read it. Raises UnreadableRecord, LookupError, ValueError."""
    restarts, lent, taken = 0, list[str](), set[str]()
    looks: list[Any] = []
    for kind, body in _since_resumed(record):
        if kind == "event" and body["$type"] == "Restarted":
            restarts += 1
        elif kind == "event" and body["$type"] == "EquipmentPolled":
            looks.append(body)
        elif kind == "decision":
            names = [str(command["$type"]) for command in body["commands"]]
            lent += [name for name in names if name in _LENDS]
            taken.update(name for name in names if name in _TAKES)
    pumps = [look["pump"] for look in looks]
    return GoneOn(
        restarts, tuple(lent), frozenset(taken), len(looks),
        sum(1 for look in looks if look["transducer"] is not None and look["transducer"]["output_on"]),
        sum(1 for pump in pumps if pump is not None and pump["infusing"]),
        sum(1 for look in looks if look["transducer"] is None or look["pump"] is None),
        next((float(pump["pumped_ml"]) for pump in reversed(pumps) if pump is not None), None),
    )  # fmt: skip


def _since_resumed(record: Path) -> Iterator[tuple[str, Any]]:
    resumed = False
    with AuditReader(record) as reader:
        for entry in reader.entries():
            resumed = resumed or entry.kind == "resumed"
            if resumed:
                yield entry.kind, json.loads(entry.body)


def problems(found: GoneOn, true_ml: float, display_ml: float) -> Iterator[str]:
    """What is wrong, one line each. `true_ml`: what the pump has moved; `display_ml`: a digit of its counter."""
    if found.restarts != 1:
        yield f"{found.restarts} restarts are on record, expected one"
    if found.lent:
        yield f"the recovered session lent by itself: {' '.join(found.lent)}"
    if missing := [name for name in _TAKES if name not in found.taken]:
        yield f"the recovered session did not command {' and '.join(missing)}"
    if found.looks == 0:
        yield "no look at the devices is on record"
    if found.sounds or found.runs or found.silent:
        yield (
            f"of {found.looks} looks at the devices {found.sounds} found output, {found.runs} a running pump, "
            f"{found.silent} no answer; expected none"
        )
    if found.pumped_ml is None or abs(found.pumped_ml - true_ml) > display_ml:
        yield f"the pump's counter is on record with {found.pumped_ml} mL, it had moved {true_ml:.4f} mL"
