"""The ids that the shipped code carries: in the rows of the table and in the faults."""

from collections.abc import Iterable
from typing import Final

import attrs

from syntherm.core.faults import Code
from syntherm.core.table import TABLE, Row

_TABLE: Final = "device/syntherm/core/table.py"
_FAULTS: Final = "device/syntherm/core/faults.py"


@attrs.frozen
class Carrier:
    """One place in the code, named as its reader knows it, and the ids that it carries."""

    place: str
    name: str
    ids: tuple[str, ...]


def of_rows(rows: Iterable[Row]) -> tuple[Carrier, ...]:
    """Rows by region, state and trigger; those that carry nothing are left out."""
    return tuple(
        Carrier(_TABLE, f"{type(row.source).__name__.lower()} {row.source.value} / {row.trigger.value}", ids)
        for row in rows
        if (ids := (*row.requirements, *row.controls))
    )


def of_faults(codes: Iterable[Code]) -> tuple[Carrier, ...]:
    """Faults by their code."""
    return tuple(Carrier(_FAULTS, f"fault {code.value.code}", (code.value.control,)) for code in codes)


def collect() -> tuple[Carrier, ...]:
    """Everything that the installed code carries."""
    return of_rows(TABLE) + of_faults(Code)
