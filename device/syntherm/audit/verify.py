"""Verifying a record without trusting who wrote it: file, chain, arrays, completeness.

All findings are listed, the first bad entry first. An untouched, closed record has none.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit import schema
from syntherm.audit.arrays import digest_of, unpack
from syntherm.audit.chain import ANCHOR, Entry, link
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.seal import hash_file, read_seal, seal_path

_REFERENCE: Final = re.compile(r'\{"\$array":"([0-9a-f]{64})"\}')


@attrs.frozen
class Verification:
    """What was looked at, and everything that was wrong."""

    path: Path
    entries: int
    arrays: int
    head: str
    findings: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was wrong."""
        return not self.findings


def _file(path: Path) -> Iterator[str]:
    try:
        seal = read_seal(path)
    except FileNotFoundError:
        yield "no seal lies beside the record: it was not closed, or the seal was taken away"
        return
    except (OSError, ValueError) as error:
        yield f"{seal_path(path).name}: {error}"
        return
    size = path.stat().st_size
    if size != seal.size:
        yield f"the file has {size} bytes, {seal.size} were sealed"
    elif hash_file(path) != seal.sha256:
        yield "the file is not the one that was sealed"
    for suffix in ("-wal", "-journal"):
        if path.with_name(path.name + suffix).exists():
            yield f"a {suffix[1:]} file lies beside a sealed record: it is not part of it"


def _chain(entries: list[Entry]) -> Iterator[str]:
    previous = ANCHOR
    for expected, entry in enumerate(entries, start=1):
        if entry.seq != expected:
            yield f"entry {expected} is missing: the next one is numbered {entry.seq}"
            return
        previous = link(previous, entry.seq, entry.kind, entry.at_s, entry.utc, entry.body)
        if previous != entry.chain:
            yield f"entry {entry.seq} ({entry.kind}) does not fit the chain"
            return


def _completeness(entries: list[Entry], path: Path, head: str | None) -> Iterator[str]:
    if not entries or entries[0].kind != "opened":
        yield "entry 1 does not open a session"
    if not entries or entries[-1].kind != "closed":
        yield f"the record ends at entry {len(entries)} without being closed"
    ends = next((number for number, entry in enumerate(entries, start=1) if entry.kind == "closed"), len(entries))
    if ends < len(entries):
        yield f"entry {entries[ends].seq} comes after the end of the session"
    present = entries[-1].chain.hex() if entries else ""
    if head is not None and present != head:
        yield f"the head is {present[:16]}…, expected {head[:16]}…"
    try:
        if read_seal(path).head != present:
            yield "the head is not the one that was sealed"
    except (OSError, ValueError):
        return


def _arrays(reader: AuditReader, entries: list[Entry]) -> Iterator[str]:
    first_use: dict[str, int] = {}
    for entry in entries:
        for digest in _REFERENCE.findall(entry.body):
            first_use.setdefault(digest, entry.seq)
    seen = set()
    for packed in reader.arrays():
        seen.add(packed.digest)
        where = f"array {packed.digest[:12]} of entry {first_use.get(packed.digest, 0)}"
        try:
            if digest_of(unpack(packed)) != packed.digest:
                yield f"{where} does not have the content that its digest names"
        except ValueError as error:
            yield f"{where}: {error}"
    for digest, seq in first_use.items():
        if digest not in seen:
            yield f"array {digest[:12]} of entry {seq} is missing"
    for digest in sorted(seen - set(first_use)):
        yield f"array {digest[:12]} belongs to no entry"


def verify(path: Path, head: str | None = None) -> Verification:
    """Verify a record; `head` is the one printed in the report, if known.

    Raises UnreadableRecord only if the file cannot be opened as a record at all.
    """
    entries: list[Entry] = []
    arrays = 0
    with AuditReader(path) as reader:
        findings = list(_file(path))
        try:
            missing = schema.TRIGGERS - reader.triggers()
            findings += [f"trigger {name} is gone" for name in sorted(missing)]
            entries.extend(reader.entries())
            findings += [*_chain(entries), *_completeness(entries, path, head), *_arrays(reader, entries)]
            arrays = sum(1 for _ in reader.arrays())
        except UnreadableRecord as error:
            findings.append(str(error))
    return Verification(path, len(entries), arrays, entries[-1].chain.hex() if entries else "", tuple(findings))
