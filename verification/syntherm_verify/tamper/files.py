"""Damages to the bytes of a file, anywhere: what they do to entries follows from how the file reads then."""

import random

import attrs

from syntherm_verify.tamper.corpus import Corpus, Original
from syntherm_verify.tamper.damaged import FILE, UNKNOWN, Damage, Damaged

_PAGE = 4096
_MOST_BITS = 64


def _changed(was: Original, data: bytes) -> Damaged:
    return Damaged(was, data, was.seal, UNKNOWN)


def _flipped(rng: random.Random, was: Original, count: int) -> Damaged:
    data = bytearray(was.data)
    bits = rng.sample(range(8 * len(data)), count)
    for bit in bits:
        data[bit // 8] ^= 1 << bit % 8
    return _changed(was, bytes(data))


def one_bit(rng: random.Random, corpus: Corpus) -> Damaged:
    """one bit flipped"""
    return _flipped(rng, corpus.whole, 1)


def many_bits(rng: random.Random, corpus: Corpus) -> Damaged:
    """many bits flipped"""
    return _flipped(rng, corpus.whole, rng.randint(2, _MOST_BITS))


def one_bit_of_an_entry(rng: random.Random, corpus: Corpus) -> Damaged:
    """one bit of an entry's row flipped"""
    was, data = corpus.whole, bytearray(corpus.whole.data)
    while not was.owner[place := rng.randrange(len(data))]:
        pass
    data[place] ^= 1 << rng.randrange(8)
    return _changed(was, bytes(data))


def truncated(rng: random.Random, corpus: Corpus) -> Damaged:
    """file cut off"""
    was = corpus.whole
    size = rng.randrange(len(was.data))
    return _changed(was, was.data[:size])


def grown(rng: random.Random, corpus: Corpus) -> Damaged:
    """bytes put behind the file"""
    was = corpus.whole
    return Damaged(was, was.data + rng.randbytes(rng.randint(1, 2 * _PAGE)), was.seal, UNKNOWN)


def zeroed(rng: random.Random, corpus: Corpus) -> Damaged:
    """a page of zeros"""
    was = corpus.whole
    page = rng.choice([n for n in range(len(was.data) // _PAGE) if any(was.data[n * _PAGE : (n + 1) * _PAGE])])
    data = was.data[: page * _PAGE] + bytes(_PAGE) + was.data[(page + 1) * _PAGE :]
    return _changed(was, data)


def swapped(rng: random.Random, corpus: Corpus) -> Damaged:
    """two pages swapped"""
    was = corpus.whole
    pages = [was.data[begin : begin + _PAGE] for begin in range(0, len(was.data), _PAGE)]
    one, two = rng.sample(range(len(pages)), 2)
    while pages[one] == pages[two]:
        one, two = rng.sample(range(len(pages)), 2)
    pages[one], pages[two] = pages[two], pages[one]
    return _changed(was, b"".join(pages))


def overwritten(rng: random.Random, corpus: Corpus) -> Damaged:
    """a stretch overwritten at random"""
    was = corpus.whole
    begin = rng.randrange(len(was.data))
    size = min(rng.randint(1, 2 * _PAGE), len(was.data) - begin)
    data = was.data[:begin] + rng.randbytes(size) + was.data[begin + size :]
    return _changed(was, data)


def of_a_log(rng: random.Random, corpus: Corpus) -> Damaged:
    """unclosed, its process dead: one bit of file or log flipped"""
    was = corpus.dead
    data, log = bytearray(was.data), bytearray(was.wal or b"")
    bit = rng.randrange(8 * (len(data) + len(log)))
    place = bit // 8
    if place < len(data):
        data[place] ^= 1 << bit % 8
    else:
        log[place - len(data)] ^= 1 << bit % 8
    return Damaged(was, bytes(data), None, UNKNOWN, beside={"-wal": bytes(log)}, head=was.head)


def log_cut(rng: random.Random, corpus: Corpus) -> Damaged:
    """unclosed, its process dead: log cut off, the head known"""
    was = corpus.dead
    log = was.wal or b""
    return Damaged(was, was.data, None, UNKNOWN, beside={"-wal": log[: rng.randrange(len(log))]}, head=was.head)


def of_an_unclosed_file(rng: random.Random, corpus: Corpus) -> Damaged:
    """unclosed: many bits flipped"""
    return attrs.evolve(_flipped(rng, corpus.unclosed, rng.randint(1, _MOST_BITS)), head=corpus.unclosed.head)


def foreign_log(rng: random.Random, corpus: Corpus) -> Damaged:
    """another file dropped beside: -wal or -journal"""
    was, end = corpus.whole, rng.choice(("-wal", "-journal"))
    content = rng.choice((rng.randbytes(rng.randint(1, 4 * _PAGE)), corpus.dead.wal or b"", was.data))
    return Damaged(was, was.data, was.seal, FILE, beside={end: content})


DAMAGES: tuple[Damage, ...] = (
    one_bit, many_bits, one_bit_of_an_entry, truncated, grown, zeroed, swapped, overwritten, of_a_log, log_cut,
    of_an_unclosed_file, foreign_log,
)  # fmt: skip
