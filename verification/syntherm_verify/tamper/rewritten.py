"""Damages with every hash computed anew, from the damage on: only signatures and what lies outside can show them."""

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from syntherm_verify.tamper.corpus import FORGED, Corpus, Original, Row, body_of
from syntherm_verify.tamper.damaged import Damage, Damaged
from syntherm_verify.tamper.forge import (
    closed_up,
    ended,
    rechained,
    resigned,
    seal_of,
    text_of,
    with_key,
    writes,
)
from syntherm_verify.tamper.store import changed

_HARMLESS = ("event", "decision", "maps", "refusal", "crash", "remark", "unsigned", "closed")
"""Kinds of entries whose body can be changed so that only a signature shows it."""
_ADDED_TO = re.compile(r'\{"\$array":"[0-9a-f]{64}",')
Remade = Callable[[Sequence[Row], int], list[Row]]


def _told(was: Original, rows: list[Row], first: int, head: str | None = None) -> Damaged:
    """With a seal by a forged key: the file itself is in order."""
    data = changed(was, rows)
    return Damaged(was, data, seal_of(data, rows) if was.seal else None, first, head=head)


def _next_checkpoint(rows: Sequence[Row], n: int) -> int:
    return next(row[0] for row in rows[n - 1 :] if row[1] == "checkpoint")


def _remade(rng: random.Random) -> Remade:
    """Hashes alone; checkpoints too, with old signatures; or with those of a forged key."""
    return rng.choice((rechained, lambda rows, n: resigned(rows, n, None), resigned))


def _leaf(rng: random.Random, value: Any, *, deep: bool = False) -> Any:
    """A value with one number or text in it changed, other than names of types and states."""
    if isinstance(value, dict):
        names = [name for name in value if not (name.startswith("$") or name in ("before", "after"))]
        holding = [name for name in names if value[name] not in (None, [], {})]
        if not holding:
            return {**value, "made up": 1.5} if deep else value
        name = rng.choice(holding)
        return {**value, name: _leaf(rng, value[name], deep=True)}
    if isinstance(value, list):
        place = rng.randrange(len(value))
        return [_leaf(rng, each, deep=True) if i == place else each for i, each in enumerate(value)]
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def body(rng: random.Random, corpus: Corpus) -> Damaged:
    """what an entry says changed, all hashes anew"""
    was = corpus.whole
    n = rng.choice([row[0] for row in was.rows if row[1] in _HARMLESS])
    rows = list(was.rows)
    seq, kind, at_s, utc, old, chain = rows[n - 1]
    new = text_of(_leaf(rng, json.loads(old)))
    rows[n - 1] = (seq, kind, at_s, utc, new, chain)
    # A reference to an array with something added is none, and shows by itself.
    return _told(was, _remade(rng)(rows, n), n if _ADDED_TO.search(new) else _next_checkpoint(rows, n))


def write_removed(rng: random.Random, corpus: Corpus) -> Damaged:
    """a whole write removed, numbers and all hashes anew"""
    was = corpus.whole
    plain = [(a, b) for a, b in writes(was.rows) if was.rows[a - 1][1] in ("event", "unsigned")]
    begin, end = rng.choice(plain)
    rows = closed_up(was.rows, begin, end)
    return _told(was, _remade(rng)(rows, begin), _next_checkpoint(rows, begin))


def checkpoint_removed(rng: random.Random, corpus: Corpus) -> Damaged:
    """a checkpoint removed, numbers and all hashes anew"""
    was = corpus.whole
    n = rng.choice([row[0] for row in was.rows if row[1] == "checkpoint"])
    rows = closed_up(was.rows, n, n + 1)
    # It shows at the entry that stands in its place; without one, at the last.
    return _told(was, _remade(rng)(rows, n), min(n, len(rows)))


def signature_changed(rng: random.Random, corpus: Corpus) -> Damaged:
    """a checkpoint's signature, or what it covers, changed, all hashes anew"""
    was = corpus.whole
    n = rng.choice([row[0] for row in was.rows if row[1] == "checkpoint"])
    rows = list(was.rows)
    seq, kind, at_s, utc, old, chain = rows[n - 1]
    said = json.loads(old)
    name = rng.choice(("signature", "head", "key", "covers"))
    said[name] = rng.randint(0, was.last) if name == "covers" else _digit(rng, said[name])
    if name == "covers" and said[name] == n - 1:
        said[name] = n
    rows[n - 1] = (seq, kind, at_s, utc, text_of(said), chain)
    return _told(was, rechained(rows, n), n)


def _digit(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + rng.choice([each for each in "0123456789abcdef" if each != text[place]]) + text[place + 1 :]


def person(rng: random.Random, corpus: Corpus) -> Damaged:
    """a person's signature under another act, all hashes anew"""
    was = corpus.whole
    signed = [row for row in was.rows if row[1] == "signature"]
    n, kind, at_s, utc, old, chain = rng.choice(signed)
    signs = json.loads(old)["signs"]
    other = rng.choice([row[0] for row in was.rows if row[0] not in (signs, n)])
    rows = list(was.rows)
    rows[n - 1] = (n, kind, at_s, utc, text_of({**json.loads(old), "signs": other}), chain)
    return _told(was, _remade(rng)(rows, n), n)


def all_by_another_key(rng: random.Random, corpus: Corpus) -> Damaged:
    """the whole record made anew by a forged key that it names itself"""
    was = corpus.whole
    rows = list(was.rows)
    if rng.random() < 0.5:
        n = rng.choice([row[0] for row in rows if row[1] in _HARMLESS])
        seq, kind, at_s, utc, old, chain = rows[n - 1]
        rows[n - 1] = (seq, kind, at_s, utc, text_of(_leaf(rng, json.loads(old))), chain)
    return _told(was, resigned(with_key(rows, FORGED), 1), 1)


# ---------------------------------------------------------------------------------------------------------------- tails
def _boundary(rng: random.Random, was: Original) -> int:
    """How many entries are left when some last writes are gone."""
    return rng.choice([end - 1 for begin, end in writes(was.rows) if 2 < end - 1 < was.last - 2])


def tail_cut(rng: random.Random, corpus: Corpus) -> Damaged:
    """tail cut off, the head known"""
    was = rng.choice((corpus.whole, corpus.unclosed))
    n = rng.randint(1, was.last - 1)
    rows = list(was.rows[:n])
    data = changed(was, rows)
    seal = None if was.seal is None else rng.choice((None, was.seal, seal_of(data, rows)))
    return Damaged(was, data, seal, n, head=rng.choice((was.head, None)))


def tail_closed(rng: random.Random, corpus: Corpus) -> Damaged:
    """tail cut off and another end put to it, by a forged key"""
    was = corpus.whole
    n = _boundary(rng, was)
    rows = resigned(ended(was.rows[:n], was.rows[n - 1][2], was.rows[n - 1][3]), n + 1)
    return _told(was, rows, n + 2, rng.choice((was.head, None)))


def gone_on(rng: random.Random, corpus: Corpus) -> Damaged:
    """tail cut off and gone on with by a controller with a forged key"""
    was = corpus.whole
    n = _boundary(rng, was)
    at_s, utc = was.rows[n - 1][2], was.rows[n - 1][3]
    said = {**body_of(was.rows[0]), "after": n, "site_key": FORGED.public.raw_hex}
    resumed: Row = (n + 1, "resumed", at_s, utc, text_of(said), b"")
    rows = [*was.rows[:n], resumed, (n + 2, "checkpoint", at_s, utc, "", b"")]
    return _told(was, resigned(ended(rows, at_s, utc), n + 1), n + 1, rng.choice((was.head, None)))


def earlier(rng: random.Random, corpus: Corpus) -> Damaged:
    """another record of the session in its place, closed earlier by the site's own key, the head known"""
    was = corpus.earlier
    return Damaged(was, was.data, was.seal, was.last, head=corpus.whole.head)


def other(rng: random.Random, corpus: Corpus) -> Damaged:
    """another session's record in its place, the head known"""
    was = corpus.other
    return Damaged(was, was.data, was.seal, was.last, head=corpus.whole.head)


DAMAGES: tuple[Damage, ...] = (
    body, write_removed, checkpoint_removed, signature_changed, person, all_by_another_key, tail_cut, tail_closed,
    gone_on, earlier, other,
)  # fmt: skip
