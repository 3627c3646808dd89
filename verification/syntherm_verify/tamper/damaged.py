"""A damaged record, and what its damage says should be found."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.tamper.corpus import Corpus, Original

RECORD: Final = "record.db"
UNKNOWN: Final = -1
"""What is found follows from how the damaged file reads: the damage itself only says what is touched."""
FILE: Final = 0
"""The damage is to the file alone: findings name no entry."""
REFUSED: Final = -2
"""There is no record any more."""


@attrs.frozen(eq=False)
class Damaged:
    """`first`: the first entry that the damage touches. `beside`: more files, by what is added to the record's name.

    `head`: what the verifiers are told of the record's head, if anything. `whole`: what the record was.
    `alike`: both verifiers must name the same; not so where the format lets one refuse what the other reads.
    """

    whole: Original
    data: bytes
    seal: bytes | None
    first: int
    beside: Mapping[str, bytes] = attrs.field(factory=dict)
    head: str | None = None
    alike: bool = True

    @property
    def files(self) -> Mapping[str, bytes]:
        """All files, by what is added to the record's name."""
        seal = {} if self.seal is None else {".seal": self.seal}
        return {"": self.data, **seal, **self.beside}


Damage = Callable[[random.Random, Corpus], Damaged]
"""Damages one of the records at a random place. Each has a name that says how, in its docstring's first line."""


def lay(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put a record's files into an emptied folder."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / f"{RECORD}{name}").write_bytes(content)
    return folder / RECORD
