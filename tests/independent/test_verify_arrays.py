"""The second verifier, rule 5: arrays."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from document_record import (
    ARRAYS,
    IMAGE,
    MAP,
    MASK,
    Array,
    digest_of,
    lay,
    named,
    on,
    plain,
    seal,
    shuffle,
    whole,
    whole_parts,
)

Verify = Callable[..., dict[str, Any]]

# Rule 5


def _other(array: Array, **changed: Any) -> tuple[Array, ...]:
    return tuple(replace(each, **changed) if each is array else each for each in ARRAYS)


def _flipped(array: Array) -> bytes:
    content = bytearray(shuffle(b"\x00\x01\x01\x00\x00", 1))
    return bytes(content) if array is MASK else bytes(reversed(array.data))


COMPLEX = plain("<c8", (1,), bytes(8), 8)
OF_F8 = replace(whole_parts((2,), [0, 0, 0, 0]), dtype="<f8", digest=digest_of("<f8", (2,), bytes(16)))
BOMB = shuffle(bytes(1 << 20), 1)
BAD_ARRAYS: dict[str, tuple[Iterable[Array], int]] = {
    "missing": ((IMAGE, MAP), 7),
    "first named where first referred to": ((MAP, MASK), 3),
    "other content": (_other(MASK, data=_flipped(MASK)), 7),
    "not deflated": (_other(MAP, data=b"1234"), 7),
    "text for data": (_other(MAP, data="1234"), 0),
    "nothing for a type": (_other(MAP, dtype=None), 0),
    "cut": (_other(MAP, data=MAP.data[:-3]), 7),
    "bytes after its end": (_other(MAP, data=MAP.data + b"\x00"), 7),
    "far too many bytes": (_other(MASK, data=BOMB), 7),
    "another shape": (_other(MAP, shape=(4,)), 7),
    "huge shape": (_other(MAP, shape=(9999999999,) * 40), 7),
    "negative shape": (_other(MAP, shape=(-2, -2)), 7),
    "another type": (_other(MAP, dtype="<i4"), 7),
    "unknown type": (_other(MAP, dtype="|O8"), 7),
    "unknown packing": (_other(IMAGE, packing="zlib"), 3),
    "unknown packing of plain bytes": (_other(MAP, packing="zlib"), 7),
    "unknown packing of complex numbers": ((replace(COMPLEX, packing="zlib"), *ARRAYS), 5),
    "type without order of bytes": ((plain("f4", (3,), bytes(12), 4), *ARRAYS), 5),
    "whole parts of another type": ((OF_F8, *ARRAYS), 5),
    "packing of another type": (_other(MAP, packing="i2-shuffle-zlib"), 7),
    "whole parts packed as they are": (_other(IMAGE, packing="shuffle-zlib"), 3),
    "belongs to no entry": ((*ARRAYS, plain("<f8", (), bytes(8), 8)), 0),
    "is there twice": ((*ARRAYS, MAP), 0),
}


@pytest.mark.parametrize(("arrays", "bad"), BAD_ARRAYS.values(), ids=BAD_ARRAYS.keys())
def test_array_that_is_not_what_its_digest_says(
    tmp_path: Path, verify: Verify, arrays: Iterable[Array], bad: int
) -> None:
    entries = whole()
    if bad == 5:  # of an array that the whole record has not
        entries[4].body = {"$type": "A", "first": next(iter(arrays)).ref}
    lay(tmp_path / "record.db", entries, arrays)

    told = verify(tmp_path / "record.db")

    assert named(told) == {bad}
    assert told["first_bad"] == bad


@pytest.mark.parametrize(
    ("dtype", "width", "shape"), [("<f8", 8, (3,)), ("<i2", 2, ()), ("|b1", 1, (0, 4)), ("<c16", 16, (1,))]
)
def test_arrays_of_every_shape(tmp_path: Path, verify: Verify, dtype: str, width: int, shape: tuple[int, ...]) -> None:
    size = width * (shape[0] if shape else 1)
    array = plain(dtype, shape, bytes(range(1, size + 1)), width)
    entries = whole()
    entries[4].body = {"$type": "A", "list": [{"deep": array.ref}], "said": '"$array":"' + "0" * 64}
    lay(tmp_path / "record.db", entries, (*ARRAYS, array))

    assert array.digest == digest_of(dtype, shape, bytes(range(1, size + 1)))
    assert verify(tmp_path / "record.db")["findings"] == []


@pytest.mark.parametrize("shape", ["[2,2]", "[02, 2]", "[2, 2] ", "(2, 2)", "[4.0]"])
def test_shape_that_is_not_written_as_it_should_be(tmp_path: Path, verify: Verify, shape: str) -> None:
    digest = hashlib.sha256(f"|u1\n{shape}\n".encode() + b"1234").hexdigest()
    entries = whole()
    entries[4].body = {"$type": "A", "image": {"$array": digest}}
    lay(tmp_path / "record.db", entries, (*ARRAYS, plain("|u1", (4,), b"1234", 1)))
    on(tmp_path / "record.db", f"UPDATE arrays SET shape = '{shape}', digest = '{digest}' WHERE shape = '[4]'")

    assert named(verify(tmp_path / "record.db")) == {5}


@pytest.mark.parametrize("ref", [5, None, "", {"$array": MAP.digest[:-1]}, MAP.digest.upper()])
def test_reference_that_is_no_digest(tmp_path: Path, verify: Verify, ref: object) -> None:
    entries = whole()
    entries[4].body = {"$type": "A", "image": {"$array": ref}}
    lay(tmp_path / "record.db", entries)

    assert verify(tmp_path / "record.db")["first_bad"] == 5


def test_reference_with_something_added(tmp_path: Path, verify: Verify) -> None:
    entries = whole()
    entries[4].body = {"$type": "A", "image": {**MAP.ref, "of": "somebody"}}
    lay(tmp_path / "record.db", entries)

    assert verify(tmp_path / "record.db")["first_bad"] == 5


def test_arrays_on_a_damaged_page_name_the_file(tmp_path: Path, verify: Verify) -> None:
    path, entries = tmp_path / "record.db", whole()
    big = [plain("|u1", (4000,), bytes((at * at * seed) % 251 for at in range(4000)), 1) for seed in range(3, 13)]
    for number, array in zip((5, 9, 11, 16, 19), big, strict=False):
        entries[number - 1].body |= {"image": array.ref}
    head = lay(path, entries, (*ARRAYS, *big[:5]), page_bytes=512)
    on(path, "CREATE UNIQUE INDEX by_digest ON arrays (digest)", sealed=False)
    content = bytearray(path.read_bytes())
    at = content.index(big[2].data[:40]) // 512 * 512
    content[at : at + 512] = bytes(512)
    path.write_bytes(content)
    seal(path, head)

    assert named(verify(path)) == {0}
