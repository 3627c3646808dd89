"""Verifying a record without trusting who wrote it: file, chain, order, signatures, arrays, completeness.

All findings are listed, those of the file first, then by entry. An untouched, closed record has none.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import attrs

from syntherm.audit import schema
from syntherm.audit.arrays import digest_of, unpack
from syntherm.audit.chain import ANCHORS, Entry, link
from syntherm.audit.course import Course, Finding, named
from syntherm.audit.keys import PublicKey
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.seal import Seal, hash_file, read_seal, seal_path

_KEY: Final = '"$array":'
"""As a key only: within a text of canonical JSON the quotes are escaped."""
_REFERENCE: Final = re.compile(r'\{"\$array":"([0-9a-f]{64})"\}')


@attrs.frozen
class Verification:
    """What was looked at, and everything that was wrong. `key`: the fingerprint of the site's key, if any signed."""

    path: Path
    entries: int
    arrays: int
    head: str
    key: str | None
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was wrong."""
        return not self.findings

    @property
    def first_bad(self) -> int | None:
        """The lowest number of an entry that a finding names; 0 if they name only the file; None if all is well."""
        return min((f.entry for f in self.findings if f.entry), default=0) if self.findings else None


class _Walk:
    """All entries, once: their chain, their course, and which arrays they name. What is wrong is added to `found`."""

    def __init__(self, found: list[Finding], version: int, trusted: Collection[PublicKey]) -> None:
        self.course = Course(found, trusted) if version > 1 else _Course1(found)
        self.entries, self.fits = 0, True
        self.last: Entry | None = None
        self.first_use: dict[str, int] = {}
        self._found = found
        self._chain = ANCHORS[version]

    def take(self, entry: Entry) -> None:
        """The next entry, looked at as long as the chain fits."""
        seq, kind, at_s, utc, body, chain = entry
        self.entries, self.last = self.entries + 1, entry
        refers = self._refers(entry) if _KEY in body else True
        if not self.fits:
            return
        if seq != self.entries:
            self._stop(self.entries, f"entry {self.entries} is missing: the next one is numbered {seq}")
            return
        self._chain = link(self._chain, seq, kind, at_s, utc, body)
        if self._chain != chain:
            self._stop(seq, f"{named(entry)} does not fit the chain")
            return
        if not refers:
            self._found.append(Finding(seq, f"{named(entry)} refers to an array by what is no digest"))
        self.course.take(entry)

    def _stop(self, number: int, says: str) -> None:
        self.fits = False
        self._found.append(Finding(number, says))

    def _refers(self, entry: Entry) -> bool:
        """Whether all that an entry names as arrays can be some."""
        digests = _REFERENCE.findall(entry.body)
        for digest in digests:
            self.first_use.setdefault(digest, entry.seq)
        return len(digests) == entry.body.count(_KEY)

    @property
    def head(self) -> str:
        return "" if self.last is None else self.last.chain.hex()


class _Course1:
    """The order of entries in format 1, which signs nothing."""

    key: PublicKey | None = None
    session = ""

    def __init__(self, found: list[Finding]) -> None:
        self._found = found
        self._last: Entry | None = None
        self._closed = False

    def take(self, entry: Entry) -> None:
        """The same questions as of format 2, where they make sense."""
        if entry.seq == 1 and entry.kind != "opened":
            self._found.append(Finding(1, "entry 1 does not open a session"))
        if self._closed:
            self._found.append(Finding(entry.seq, f"entry {entry.seq} comes after the end of the session"))
        self._closed = self._closed or entry.kind == "closed"
        self._last = entry

    def end(self, closed: bool) -> None:
        """That the last entry is not the end of a record that should be closed."""
        if closed and not self._closed:
            number = 0 if self._last is None else self._last.seq
            self._found.append(Finding(number, f"the record ends at entry {number} without being closed"))


def _file(path: Path, walk: _Walk, version: int) -> Iterator[str]:
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
    if seal.head != walk.head:
        yield "the head is not the one that was sealed"
    if version > 1 and not _signed(seal, walk):
        yield "the seal is not signed by the site's key"
    for suffix in ("-wal", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.exists() and beside.stat().st_size > 0:
            yield f"a {suffix[1:]} file lies beside a sealed record: it is not part of it"


def _signed(seal: Seal, walk: _Walk) -> bool:
    key = walk.course.key
    if key is None or seal.signature is None:
        return False
    ours = seal.session == walk.course.session and seal.key == key.fingerprint
    return ours and key.signed(seal.signed, seal.signature)


def _arrays(reader: AuditReader, first_use: dict[str, int], *, all_read: bool) -> Iterator[Finding]:
    seen: set[str] = set()
    for packed in reader.arrays():
        if packed.digest in seen:
            yield Finding(0, f"array {packed.digest[:12]} is there twice")
        seen.add(packed.digest)
        entry = first_use.get(packed.digest, 0)
        where = f"array {packed.digest[:12]} of entry {entry}"
        try:
            if digest_of(unpack(packed)) != packed.digest:
                yield Finding(entry, f"{where} does not have the content that its digest names")
        except ValueError as error:
            yield Finding(entry, f"{where}: {error}")
    for digest, seq in first_use.items():
        if digest not in seen:
            yield Finding(seq, f"array {digest[:12]} of entry {seq} is missing")
    for digest in sorted(seen - set(first_use)) if all_read else ():
        yield Finding(0, f"array {digest[:12]} belongs to no entry")


def _plain(error: UnreadableRecord, reader: AuditReader) -> str:
    """What was wrong, without the file's name before it: findings are printed with it."""
    return str(error).removeprefix(f"{reader.path}: ")


def _read(reader: AuditReader, walk: _Walk, found: list[Finding], *, closed: bool) -> int:
    """Add what is wrong with all that the file holds; the number of the entry at which reading ended."""
    ends = 0
    try:
        found += [Finding(0, f"trigger {name} is gone") for name in sorted(schema.TRIGGERS - reader.triggers())]
        for entry in reader.entries():
            walk.take(entry)
        if walk.fits:
            walk.course.end(closed)
    except UnreadableRecord as error:
        ends = walk.entries + 1  # What comes from there on is not known.
        found.append(Finding(ends, _plain(error, reader)))
    try:
        found.extend(_arrays(reader, walk.first_use, all_read=not ends))
    except UnreadableRecord as error:
        found.append(Finding(0, _plain(error, reader)))
    return ends or walk.entries


def verify(path: Path, head: str | None = None, keys: Collection[PublicKey] = ()) -> Verification:
    """Verify a record; `head` is the one printed in the report, `keys` the site's public ones, if known.

    Raises UnreadableRecord only if the file cannot be opened as a record at all.
    """
    with AuditReader(path) as reader:
        found: list[Finding] = []
        walk = _Walk(found, reader.version, keys)
        ends = _read(reader, walk, found, closed=True)
        if head is not None and walk.head != head:
            found.append(Finding(ends, f"the head is {walk.head[:16]}…, expected {head[:16]}…"))
        if keys and reader.version == 1:
            found.append(Finding(0, "the record is of format 1, which no key signs"))
        found += [Finding(0, says) for says in _file(path, walk, reader.version)]
    key = None if walk.course.key is None else walk.course.key.fingerprint
    arrays = len(walk.first_use)
    return Verification(path, walk.entries, arrays, walk.head, key, tuple(sorted(found, key=lambda f: f.entry)))


def left_open(path: Path, keys: Collection[PublicKey]) -> tuple[Finding, ...]:
    """What is wrong with a record that a crash left, before anybody goes on with it: that it has no end is not.

    Raises UnreadableRecord.
    """
    found: list[Finding] = []
    with AuditReader(path) as reader:
        _read(reader, _Walk(found, reader.version, keys), found, closed=False)
    return tuple(sorted(found, key=lambda f: f.entry))
