"""All tables of a record in one pass over it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from syntherm.auditing.happened import ACTS, FAULTS, Acts, Faults
from syntherm.auditing.rows import ENTRIES, IMAGES, Columns, Row, entry_row, image_row
from syntherm.auditing.walk import walk

WHOLE: Final[Mapping[str, Columns]] = {
    "entries": {**ENTRIES, "body": "VARCHAR", "chain": "VARCHAR"},
    "images": IMAGES,
    "acts": ACTS,
    "faults": FAULTS,
}
"""Every table with all its columns. Of an entry also what its row rests on: body and chain."""


def tabulate(record: Path) -> Iterator[tuple[str, Row]]:
    """Every row with the name of its table, in the order in which the record tells them. Raises UnreadableRecord."""
    acts, faults = Acts(), Faults()
    for step in walk(record):
        yield "entries", {**entry_row(step), "body": step.entry.body, "chain": step.entry.chain.hex()}
        image = image_row(step)
        if image is not None:
            yield "images", image
        yield from (("acts", row) for row in acts.feed(step))
        yield from (("faults", row) for row in faults.feed(step))
    yield from (("acts", row) for row in acts.end())
    yield from (("faults", row) for row in faults.end())
