"""What is read from a record that somebody may have changed: values, arrays, the seal."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from syntherm.audit.arrays import Array, Packed, digest_of, pack, unpack
from syntherm.audit.encoding import Encoder, Undecodable, decode
from syntherm.audit.keys import SiteKey
from syntherm.audit.seal import read_seal, seal_path, write_seal
from syntherm.core.events import EVENTS
from syntherm.reports.body import BadEntry, mapping, parse
from syntherm_verify.fuzzing import extremes
from syntherm_verify.fuzzing.files import laid
from syntherm_verify.fuzzing.plain import plain
from syntherm_verify.fuzzing.target import Target, demand

_ARRAYS: Final = {
    "c": np.zeros((1, 1, 1), np.complex64),
    "f": np.zeros((1, 1, 1), np.float32),
}
_HEAD_LINES: Final = 3
_INFLATED: Final = 1100
"""A byte of deflate holds at most so many."""


def _fetch(digest: str) -> Array:
    return _ARRAYS["f" if digest.startswith("f") else "c"]


def _values(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    _body(text)
    try:
        value = decode(EVENTS, text, _fetch)
    except Undecodable:
        return
    encoder = Encoder()
    again = decode(EVENTS, encoder.text(value), encoder.arrays.__getitem__)
    demand(plain(again) == plain(value), f"another value comes back: {again!s:.200}, was {value!s:.200}")
    demand(Encoder().text(again) == encoder.text(value), "the same value has two texts")


def _body(text: str) -> None:
    try:
        mapping(parse(text), "entry")
    except BadEntry:
        return


def _arrays(data: bytes) -> None:
    lines = data.split(b"\n", _HEAD_LINES)
    if len(lines) <= _HEAD_LINES:
        return
    dtype, shape, packing = (line.decode("latin-1") for line in lines[:_HEAD_LINES])
    packed = Packed("", dtype, shape, packing, lines[_HEAD_LINES])
    try:
        array = unpack(packed)
    except ValueError:
        return
    demand(list(array.shape) == json.loads(shape) and array.dtype.str == np.dtype(dtype).str, f"gives {array.shape}")
    demand(array.nbytes <= _INFLATED * len(packed.data) * 2 + 64, f"gives {array.nbytes} of {len(packed.data)} bytes")
    again = unpack(pack(array, digest_of(array)))
    demand(plain(again) == plain(array), "another array comes back")


def _seal(data: bytes) -> None:
    def read(path: Path) -> object:
        return read_seal(path.with_suffix(""))

    try:
        laid(data, read, ".seal")
    except ValueError:
        return


def _value_seeds() -> Iterable[bytes]:
    from syntherm_verify.recording.steps import small_steps

    for step in small_steps()[::7]:
        encoder = Encoder()
        text = encoder.text(step.event)
        for digest, array in encoder.arrays.items():
            text = text.replace(digest, ("c" if array.dtype == np.complex64 else "f") + digest[1:8])
        yield text.encode("ascii")
        yield from extremes.swollen(text.encode("ascii"), extremes.JSON[::3])


def _array_seeds() -> Iterable[bytes]:
    whole = (np.arange(24).reshape(2, 3, 4) * (1 + 1j)).astype(np.complex64)
    for array in (whole, whole * np.float32(0.3), np.arange(6, dtype=">i4"), np.zeros((2, 0), bool), np.float64(1.5)):
        packed = pack(np.asarray(array), "")
        head = f"{packed.dtype}\n{packed.shape}\n{packed.packing}\n"
        yield head.encode("ascii") + packed.data


def _seal_seeds() -> Iterable[bytes]:
    with tempfile.TemporaryDirectory(prefix="syntherm-fuzz-") as folder:
        record = Path(folder) / "record.db"
        record.write_bytes(b"record")
        write_seal(record, "ab" * 32, "session", SiteKey.made())
        yield seal_path(record).read_bytes()
    old = json.dumps({"head": "ab" * 32, "sha256": "cd" * 32, "size": 6}, sort_keys=True).encode("ascii") + b"\n"
    yield old
    for word in extremes.JSON:
        yield old.replace(b"6", word.encode("ascii"))


TARGETS: Final = {
    "record-values": Target(_values, _value_seeds),
    "record-arrays": Target(_arrays, _array_seeds, longest=2048, peak_bytes=32 << 20),
    "record-seal": Target(_seal, _seal_seeds, longest=4096),
}
