"""Damages to the seal, to the triggers, and to what the file says of itself."""

import json
import random

from syntherm_verify.tamper.corpus import KEY, Corpus
from syntherm_verify.tamper.damaged import FILE, REFUSED, Damage, Damaged
from syntherm_verify.tamper.forge import seal_of, text_of
from syntherm_verify.tamper.store import changed


def _sealed(corpus: Corpus, seal: bytes | None) -> Damaged:
    return Damaged(corpus.whole, corpus.whole.data, seal, FILE)


def removed(rng: random.Random, corpus: Corpus) -> Damaged:
    """seal removed"""
    return _sealed(corpus, None)


def byte(rng: random.Random, corpus: Corpus) -> Damaged:
    """a byte of the seal changed, taken away or added"""
    seal = corpus.whole.seal or b""
    place = rng.randrange(len(seal))
    changes = (
        seal[:place] + bytes([seal[place] ^ rng.randint(1, 255)]) + seal[place + 1 :],
        seal[:place] + seal[place + 1 :],
        seal[:place] + rng.randbytes(1) + seal[place:],
        seal[:place],
        seal + b"\n",
    )
    changed_seal = rng.choice(changes)
    # A byte like its neighbour, put beside it, changes nothing.
    return _sealed(corpus, changed_seal if changed_seal != seal else b"")


def field(rng: random.Random, corpus: Corpus) -> Damaged:
    """a field of the seal changed, well formed and not signed"""
    said = json.loads(corpus.whole.seal or b"{}")
    name = rng.choice(sorted(said))
    value = said[name]
    said[name] = value + rng.randint(1, 9) if isinstance(value, int) else value[::-1]
    if rng.random() < 0.1:
        del said[name]
    return _sealed(corpus, (text_of(said) + "\n").encode())


def foreign(rng: random.Random, corpus: Corpus) -> Damaged:
    """a seal of another record, of an earlier copy, by a forged key, or of format 1"""
    was = corpus.whole
    said = json.loads(was.seal or b"{}")
    first = {name: said[name] for name in ("head", "sha256", "size")}
    seals = (
        corpus.other.seal,
        corpus.earlier.seal,
        seal_of(was.data, was.rows),
        seal_of(corpus.other.data, was.rows, KEY),
        (json.dumps(first, sort_keys=True) + "\n").encode(),
    )
    return _sealed(corpus, rng.choice(seals))


def file_under_seal(rng: random.Random, corpus: Corpus) -> Damaged:
    """file rebuilt with the same content, or grown, and sealed by a forged key"""
    was = corpus.whole
    data = changed(was, then=("CREATE TABLE made_up (a)",)) if rng.random() < 0.5 else was.data + bytes(4096)
    return Damaged(was, data, seal_of(data, was.rows), FILE)


def triggers(rng: random.Random, corpus: Corpus) -> Damaged:
    """triggers taken away"""
    was = corpus.whole
    return Damaged(was, changed(was, triggers=False), was.seal, FILE)


def versions(rng: random.Random, corpus: Corpus) -> Damaged:
    """another version, or two, or none, in the file"""
    was = corpus.whole
    said = rng.choice(("UPDATE meta SET schema_version = 3", "INSERT INTO meta VALUES (2)", "DELETE FROM meta"))
    return Damaged(was, changed(was, then=(said,)), was.seal, REFUSED)


def first_format(rng: random.Random, corpus: Corpus) -> Damaged:
    """made a record of format 1, which nobody signs"""
    was = corpus.whole
    # Its chain begins elsewhere: entry 1 shows it to whom reads format 1, and who does not refuses the record.
    data = changed(was, then=("UPDATE meta SET schema_version = 1",))
    return Damaged(was, data, was.seal, 1, alike=False)


DAMAGES: tuple[Damage, ...] = (removed, byte, field, foreign, file_under_seal, triggers, versions, first_format)
