"""The model of a disk that the power leaves: what is synced stays, and what is not may be lost sector by sector."""

import random

import pytest

from syntherm_verify.crash.disk import SECTOR, Disk, Image, Loss, pieces
from syntherm_verify.crash.strace import (
    Acknowledge,
    Allocate,
    Create,
    Link,
    Operation,
    Rename,
    Sync,
    Truncate,
    Unlink,
    Write,
)

HERE = Sync("")


def left(*operations: Operation, loss: Loss, seed: int = 1) -> Image:
    disk = Disk()
    for operation in operations:
        disk.take(operation)
    return disk.image(random.Random(seed), loss)[1]


def test_what_was_synced_with_its_name_is_there() -> None:
    assert left(Create("a"), Write("a", 0, b"one"), Sync("a"), HERE, loss=Loss.ALL) == {"a": b"one"}


def test_a_synced_file_without_a_synced_name_may_be_gone() -> None:
    assert left(Create("a"), Write("a", 0, b"one"), Sync("a"), loss=Loss.ALL) == {}
    assert left(Create("a"), Write("a", 0, b"one"), Sync("a"), loss=Loss.NONE) == {"a": b"one"}


def test_what_was_not_synced_is_lost_or_there() -> None:
    operations = (Create("a"), HERE, Write("a", 0, b"old"), Sync("a"), Write("a", 0, b"new"))
    assert left(*operations, loss=Loss.ALL) == {"a": b"old"}
    assert left(*operations, loss=Loss.NONE) == {"a": b"new"}


@pytest.mark.parametrize("loss", Loss)
def test_what_was_synced_stays_as_it_was_last(loss: Loss) -> None:
    writes = (Write("a", 0, b"old"), Sync("a"), Write("a", 0, b"new"), Sync("a"))
    assert left(Create("a"), HERE, *writes, loss=loss) == {"a": b"new"}


def test_names_change_in_their_order() -> None:
    operations = (Create("a"), HERE, Rename("a", "b"), Create("c"), Unlink("b"))
    found = {tuple(sorted(left(*operations, loss=Loss.SOME, seed=seed))) for seed in range(40)}
    assert found == {("a",), ("b",), ("b", "c"), ("c",)}


def test_a_second_name_is_of_the_same_file() -> None:
    made = (Create("a"), Write("a", 0, b"one"), Sync("a"), Link("a", "b"))
    assert left(*made, loss=Loss.NONE) == {"a": b"one", "b": b"one"}
    assert left(*made, Unlink("a"), HERE, loss=Loss.ALL) == {"b": b"one"}


def test_a_write_is_cut_at_the_borders_of_sectors() -> None:
    found = list(pieces(SECTOR - 10, bytes(SECTOR)))
    assert [(piece.offset, len(piece.data or b"")) for piece in found] == [(SECTOR - 10, 10), (SECTOR, SECTOR - 10)]


@pytest.mark.parametrize(("loss", "kept"), [(Loss.ONE, 3), (Loss.OTHERS, 1)])
def test_one_sector_is_lost_or_got_through_alone(loss: Loss, kept: int) -> None:
    operations = (Create("a"), HERE, Allocate("a", 4 * SECTOR), Sync("a"), Write("a", 0, b"x" * 4 * SECTOR))
    content = left(*operations, loss=loss)["a"]
    sectors = [content[begin : begin + SECTOR] for begin in range(0, 4 * SECTOR, SECTOR)]
    assert sorted(sectors).count(b"x" * SECTOR) == kept and sectors.count(bytes(SECTOR)) == 4 - kept


def test_a_torn_sector_is_new_at_its_begin_and_old_behind() -> None:
    operations = (Create("a"), HERE, Write("a", 0, b"o" * SECTOR), Sync("a"), Write("a", 0, b"n" * SECTOR))
    found = {left(*operations, loss=Loss.TORN, seed=seed)["a"] for seed in range(60)}
    torn = {content for content in found if content not in (b"o" * SECTOR, b"n" * SECTOR)}
    assert torn and all(content == b"n" * content.count(b"n") + b"o" * content.count(b"o") for content in torn)


def test_a_new_size_cuts_or_fills_with_zeros() -> None:
    begun = (Create("a"), HERE, Write("a", 0, b"abcd"), Sync("a"))
    assert left(*begun, Truncate("a", 2), loss=Loss.NONE) == {"a": b"ab"}
    assert left(*begun, Truncate("a", 2), loss=Loss.ALL) == {"a": b"abcd"}
    assert left(*begun, Allocate("a", 2), loss=Loss.NONE) == {"a": b"abcd"}
    assert left(*begun, Allocate("a", 6), loss=Loss.NONE) == {"a": b"abcd\0\0"}


def test_acknowledgements_are_kept_in_their_order() -> None:
    disk = Disk()
    for said in ("one", "two"):
        disk.take(Acknowledge(said))
    assert disk.said == ["one", "two"]
