"""The targets hold on their seeds and what is near them, and what they are to find is found."""

import random
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import attrs
import pytest

import syntherm
from syntherm.core.events import FrameReceived
from syntherm.core.plan.reader import read_plan
from syntherm.guardian.config import read_config
from syntherm.site.reader import read_site
from syntherm_verify.fuzzing import scanner, scanner_seeds
from syntherm_verify.fuzzing.memory import judge_memory
from syntherm_verify.fuzzing.plain import plain
from syntherm_verify.fuzzing.readers import BESIDES, COVERED
from syntherm_verify.fuzzing.registry import NAMES, target
from syntherm_verify.fuzzing.streams import Kind, judge
from syntherm_verify.fuzzing.target import Broken, Target, one_line

MUTATIONS = 12
SEEDS = 40
READS = re.compile(
    r"json\.loads|tomllib|\.recv\(|\.receive\(|read_bytes\(|read_text\(|frombuffer|unpack|readline\(|expat"
)


def mutated(seeds: list[bytes], rng: random.Random) -> bytes:
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 4)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randint(0, 2 * len(data))])


@pytest.mark.parametrize("name", NAMES)
def test_every_target_holds_on_its_seeds_and_near_them(name: str) -> None:
    wanted, rng = target(name), random.Random(4)
    seeds = [seed[: wanted.longest] for seed in wanted.seeds()]
    some = rng.sample(seeds, min(len(seeds), SEEDS))
    for data in (b"", *some, *(mutated(seeds, rng) for _ in range(MUTATIONS))):
        wanted.run(data)
    assert seeds


def test_sound_images_reach_what_lies_behind_the_codecs() -> None:
    streams = (scanner._MRD_WHOLE, scanner_seeds.mrd()), (scanner._IGTL_WHOLE[0], scanner_seeds.igtl(2))
    for kind, seeds in streams:
        found = [value for seed in list(seeds)[:2] for value in judge(kind, seed).values]
        assert any(isinstance(value, tuple) and value[0] == FrameReceived.__name__ for value in found)


def test_sound_files_are_among_the_seeds() -> None:
    for name, read in (("plan", read_plan), ("site", read_site)):
        read(next(iter(target(name).seeds())).decode("utf-8"))
    read_config(next(iter(target("guardian-config").seeds())), "guardian.toml")


def test_bodies_are_given_the_checks_that_they_have() -> None:
    seed = next(iter(scanner_seeds.igtl(2)))
    spoilt = bytearray(seed)
    spoilt[50:58] = bytes(8)
    assert scanner.repaired(bytes(spoilt)) == seed == scanner.repaired(seed)
    assert len(scanner.repaired(seed[:-3])) == len(seed) - 3
    assert scanner.repaired(b"short") == b"short"


# ------------------------------------------------------------------------------------------------------ planted defects
class Lines:
    """Lines that end in a zero, of at most 8 bytes."""

    def __init__(self) -> None:
        self.kept = b""

    @property
    def held(self) -> int:
        return len(self.kept)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        *lines, self.kept = (self.kept + piece).split(b"\0")
        self.kept = self.kept[:8]
        for line in lines:
            if line == b"end":
                raise EOFError("end")
            yield line[:8]


class Forgetful(Lines):
    def feed(self, piece: bytes) -> Iterator[bytes]:
        yield from super().feed(piece)
        self.kept = b""


class Gathering(Lines):
    def feed(self, piece: bytes) -> Iterator[bytes]:
        *lines, self.kept = (self.kept + piece).split(b"\0")
        yield from (line[:8] for line in lines)


class Hasty(Lines):
    """Ends only if the word comes in one piece."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        if b"end" in piece:
            raise EOFError("end")
        yield from ()


KIND = Kind(Lines, 8, (EOFError,))


def test_a_sound_stream_is_one() -> None:
    heard = judge(KIND, b"one\0two\0three")
    assert (heard.values, heard.end) == ((b"one", b"two"), None)
    heard = judge(KIND, b"one\0end\0three")
    assert (heard.values, heard.end) == ((b"one",), "EOFError: end")


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (attrs.evolve(KIND, opens=Forgetful), b"one\0two\0three", "pieces of"),
        (attrs.evolve(KIND, opens=Hasty), b"the end is near", "ended by None, whole by EOFError: end"),
        (attrs.evolve(KIND, opens=Gathering), b"one\0two", "bytes after a piece, at most 8 are stated"),
        (attrs.evolve(KIND, holds=2), b"one\0two", "holds 3 bytes"),
    ],
)
def test_a_defect_of_a_stream_is_named(kind: Kind, data: bytes, said: str) -> None:
    with pytest.raises(Broken, match=said):
        judge(kind, data)


def test_what_is_not_declared_is_not_caught() -> None:
    with pytest.raises(EOFError):
        judge(attrs.evolve(KIND, ends=()), b"end\0")


def test_a_refusal_is_one_line_that_can_be_shown() -> None:
    one_line("found 'x'")
    for text in ("", "two\nlines", "\x1b[2J", "x" * 1001):
        with pytest.raises(Broken):
            one_line(text)


def test_memory_that_stays_and_memory_that_is_much_are_found() -> None:
    kept: list[bytes] = []
    sound = Target(lambda data: None, lambda: [b""], peak_bytes=1 << 16)
    judge_memory(sound, b"x")
    with pytest.raises(Broken, match="keeps"):
        judge_memory(attrs.evolve(sound, run=lambda data: kept.append(data * 500)), b"x")
    with pytest.raises(Broken, match="takes"):
        judge_memory(attrs.evolve(sound, run=lambda data: bytes(1 << 20) and None), b"x")


def test_values_are_compared_by_content() -> None:
    nan = FrameReceived(0.0, 1, 2.0, float("nan"), 4.0, scanner.GEOMETRY, scanner_seeds._frame(1, 2.0).volume)
    assert plain(nan) == plain(attrs.evolve(nan)) != plain(attrs.evolve(nan, sequence=2))
    assert plain(0.0) != plain(-0.0)


# ----------------------------------------------------------------------------------------------------------- what reads
def test_every_module_that_reads_has_a_target_or_a_reason() -> None:
    assert tuple(COVERED) == NAMES
    root = Path(str(syntherm.__file__)).parent
    known = [pattern for reader in (*COVERED.values(), *BESIDES) for pattern in reader.modules]
    reads = [
        str(path.relative_to(root).with_suffix(""))
        for path in sorted(root.rglob("*.py"))
        if READS.search(path.read_text(encoding="utf-8"))
    ]
    assert [name for name in reads if not any(fnmatchcase(name, pattern) for pattern in known)] == []
    assert len(reads) > 30
