"""Damages to entries and arrays through SQL, with no hash computed anew: each knows the first entry that it touches."""

import random
import string
import zlib
from datetime import datetime, timedelta
from math import nextafter

import numpy as np

from syntherm.audit.arrays import digest_of, pack
from syntherm_verify.tamper.corpus import Corpus, Original, Packed, Row
from syntherm_verify.tamper.damaged import FILE, Damage, Damaged
from syntherm_verify.tamper.store import changed

_KINDS = (
    "opened",
    "event",
    "decision",
    "maps",
    "refusal",
    "crash",
    "remark",
    "signature",
    "clock",
    "resumed",
    "closed",
)


def _any(rng: random.Random, corpus: Corpus) -> Original:
    return corpus.whole if rng.random() < 0.8 else corpus.unclosed


def _with_rows(was: Original, rows: list[Row], first: int) -> Damaged:
    # An unclosed record ends badly in any case: at its last entry.
    first = first if was.seal else min(first, len(rows))
    return Damaged(was, changed(was, rows), was.seal, first)


def numbered(rows: list[Row]) -> list[Row]:
    """The rows with numbers from 1 on."""
    return [(number, *row[1:]) for number, row in enumerate(rows, start=1)]


def _letter(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text))
    other = rng.choice([each for each in string.ascii_letters + string.digits if each != text[place]])
    return text[:place] + other + text[place + 1 :]


def _field(rng: random.Random, row: Row) -> Row:
    """The row with one other value in it."""
    seq, kind, at_s, utc, body, chain = row
    which = rng.choice(("kind", "at_s", "utc", "body", "chain"))
    if which == "kind":
        kind = rng.choice([each for each in _KINDS if each != kind])
    elif which == "at_s":
        at_s = rng.choice((at_s + rng.choice((-1.0, 0.001, 1.0)), nextafter(at_s, 1e9), nextafter(at_s, -1e9)))
    elif which == "utc":
        later = datetime.fromisoformat(utc) + timedelta(microseconds=rng.choice((-1, 1, 10**6)))
        utc = rng.choice((_letter(rng, utc), later.isoformat(timespec="microseconds")))
    elif which == "body":
        body = rng.choice((_letter(rng, body), body + " ", body[:-1], ""))
    else:
        chain = rng.choice((rng.randbytes(32), chain[:-1], bytes([chain[0] ^ 1, *chain[1:]])))
    return seq, kind, at_s, utc, body, chain


def field(rng: random.Random, corpus: Corpus) -> Damaged:
    """a field of an entry changed"""
    was = _any(rng, corpus)
    n = rng.randint(1, was.last)
    rows = list(was.rows)
    rows[n - 1] = _field(rng, rows[n - 1])
    return _with_rows(was, rows, n)


def deleted(rng: random.Random, corpus: Corpus) -> Damaged:
    """entries deleted, a gap left"""
    was = _any(rng, corpus)
    n = rng.randint(2, was.last)
    m = min(was.last, n + rng.choice((0, 0, 1, 5)))
    # Without a tail, the last entry that is left shows it.
    return _with_rows(was, [*was.rows[: n - 1], *was.rows[m:]], n if m < was.last else n - 1)


def closed_up(rng: random.Random, corpus: Corpus) -> Damaged:
    """entries deleted, the gap closed"""
    was = _any(rng, corpus)
    n = rng.randint(1, was.last - 1)
    m = min(was.last - 1, n + rng.choice((0, 0, 1, 5)))
    return _with_rows(was, numbered([*was.rows[: n - 1], *was.rows[m:]]), n)


def reordered(rng: random.Random, corpus: Corpus) -> Damaged:
    """two entries swapped"""
    was = _any(rng, corpus)
    n, m = sorted(rng.sample(range(1, was.last + 1), 2))
    rows = list(was.rows)
    rows[n - 1], rows[m - 1] = rows[m - 1], rows[n - 1]
    return _with_rows(was, numbered(rows), n)


def duplicated(rng: random.Random, corpus: Corpus) -> Damaged:
    """an entry duplicated"""
    was = _any(rng, corpus)
    n = rng.randint(1, was.last)
    return _with_rows(was, numbered([*was.rows[:n], was.rows[n - 1], *was.rows[n:]]), n + 1)


def inserted(rng: random.Random, corpus: Corpus) -> Damaged:
    """an entry made up and inserted"""
    was = _any(rng, corpus)
    n = rng.randint(1, was.last + 1)
    like = was.rows[min(n, was.last) - 1]
    made_up: Row = (n, rng.choice(_KINDS), like[2], like[3], rng.choice((like[4], '"made up"')), rng.randbytes(32))
    return _with_rows(was, numbered([*was.rows[: n - 1], made_up, *was.rows[n - 1 :]]), n)


def spliced(rng: random.Random, corpus: Corpus) -> Damaged:
    """an entry, or all from one on, taken from another session"""
    was, other = _any(rng, corpus), corpus.other
    n = rng.randint(2, min(was.last, other.last))
    theirs = other.rows[n - 1 :] if rng.random() < 0.5 else (other.rows[n - 1], *was.rows[n:])
    return _with_rows(was, [*was.rows[: n - 1], *theirs], n)


# --------------------------------------------------------------------------------------------------------------- arrays
def _with_array(was: Original, digest: str, packed: Packed | None, first: int | None = None) -> Damaged:
    arrays = {name: each for name, each in was.arrays.items() if name != digest}
    if packed is not None:
        arrays[packed[0]] = packed
    named = was.uses[digest] if first is None else first
    return Damaged(was, changed(was, arrays=arrays), was.seal, named)


def array_gone(rng: random.Random, corpus: Corpus) -> Damaged:
    """an array removed"""
    was = _any(rng, corpus)
    return _with_array(was, rng.choice(list(was.uses)), None)


def array_renamed(rng: random.Random, corpus: Corpus) -> Damaged:
    """an array renamed"""
    was = _any(rng, corpus)
    digest = rng.choice(list(was.uses))
    return _with_array(was, digest, (_hex(rng, digest), *was.arrays[digest][1:]))


def _hex(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + rng.choice([each for each in "0123456789abcdef" if each != text[place]]) + text[place + 1 :]


def array_replaced(rng: random.Random, corpus: Corpus) -> Damaged:
    """an array replaced by another"""
    was = _any(rng, corpus)
    digest = rng.choice(list(was.uses))
    others = [each for each in (*was.arrays.values(), *corpus.other.arrays.values()) if each[0] != digest]
    return _with_array(was, digest, (digest, *rng.choice(others)[1:]))


def array_changed(rng: random.Random, corpus: Corpus) -> Damaged:
    """an array changed: type, shape, packing, a bit of its data, or bytes behind it"""
    was = _any(rng, corpus)
    digest = rng.choice(list(was.uses))
    _, dtype, shape, packing, data = was.arrays[digest]
    which = rng.randrange(5)
    if which == 0:
        dtype = rng.choice([each for each in ("<c8", "<f4", "|u1", "<i8", "", "V") if each != dtype])
    elif which == 1:
        shape = rng.choice(("[]", "[1]", "[1, 432]", shape.replace("[", "[1, "), "{}"))
    elif which == 2:
        packing = rng.choice([each for each in ("shuffle-zlib", "i2-shuffle-zlib", "zlib") if each != packing])
    elif which == 3:
        place = rng.randrange(len(data))
        data = data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
    else:
        data += rng.randbytes(rng.randint(1, 100))
    first = FILE if which == 3 and _inflates_alike(data, was.arrays[digest][4]) else None
    if first == FILE and not was.seal:
        first = was.last
    return _with_array(was, digest, (digest, dtype, shape, packing, data), first)


def _inflates_alike(data: bytes, old: bytes) -> bool:
    """Deflate leaves a few bits unused: one of those is not the array's."""
    inflate = zlib.decompressobj()
    try:
        return inflate.decompress(data) == zlib.decompress(old) and inflate.eof
    except zlib.error:
        return False


def array_added(rng: random.Random, corpus: Corpus) -> Damaged:
    """an array added that belongs to no entry"""
    was = _any(rng, corpus)
    strange = np.frombuffer(rng.randbytes(64), np.uint8)
    packed = pack(strange, digest_of(strange))
    arrays = {**was.arrays, packed.digest: (packed.digest, packed.dtype, packed.shape, packed.packing, packed.data)}
    return Damaged(was, changed(was, arrays=arrays), was.seal, FILE if was.seal else was.last)


DAMAGES: tuple[Damage, ...] = (
    field, deleted, closed_up, reordered, duplicated, inserted, spliced,
    array_gone, array_renamed, array_replaced, array_changed, array_added,
)  # fmt: skip
