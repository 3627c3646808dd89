"""What a person is told who asks for something that is not allowed: each missing fact has its words."""

from collections.abc import Iterable
from typing import Final

from syntherm.core.table import Kind, Row
from syntherm.core.vocabulary import Fact

WORDS: Final = {
    Fact.SETUP_CONFIRMED: "not every setup item is confirmed",
    Fact.STOP_PATH_PROVEN: "the patient stop is not proven",
    Fact.EQUIPMENT_READY: "a device is not ready",
    Fact.TISSUE_SETTLED: "heated tissue needs time to return to its baseline temperature",
    Fact.INFUSION_UNFINISHED: "there is no infusion left to release",
    Fact.DWELL_REACHED: "the target has not been in range for the dwell",
    Fact.MAY_START: "a check does not allow it",
    Fact.REASON_GIVEN: "a reason is needed",
}
"""By the first fact that is asked for and is not so."""


def misworded(rows: Iterable[Row]) -> list[str]:
    """Rows that refuse for want of a fact in words of another."""
    found = []
    for row in rows:
        missing = [fact for fact, asked in row.guard if not asked]
        if row.kind is Kind.REFUSE and missing and WORDS.get(missing[0]) != row.because:
            found.append(f"{row.trigger.value} in {row.source.value}: {row.because!r} for {missing[0].name}")
    return found
