"""Verifying every record of an index: sound by itself, and the very one that was indexed."""

from collections.abc import Collection, Iterator
from pathlib import Path

import attrs

from syntherm.audit.keys import PublicKey
from syntherm.audit.reader import UnreadableRecord
from syntherm.audit.seal import hash_file
from syntherm.audit.verify import verify
from syntherm.auditing.rows import Row
from syntherm.trial.index import Index


@attrs.frozen
class Checked:
    """One record's verdict: nothing found, or all that was."""

    row: Row
    path: Path
    findings: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """In a word or two."""
        return "sound" if not self.findings else f"{len(self.findings)} finding(s)"


def check(index: Index, keys: Collection[PublicKey]) -> Iterator[Checked]:
    """Every record in its turn. `keys`: the sites' public keys, if they are known from elsewhere."""
    for row in index.records():
        path = index.place(row)
        yield Checked(row, path, tuple(_findings(row, path, keys)))


def _findings(row: Row, path: Path, keys: Collection[PublicKey]) -> Iterator[str]:
    if not path.is_file():
        yield "is gone from where it was indexed"
        return
    try:
        yield from map(str, verify(path, str(row["head"]), keys).findings)
        if row["sha256"] != hash_file(path):
            yield "is not the file that was indexed"
    except (UnreadableRecord, OSError) as error:
        yield str(error)
