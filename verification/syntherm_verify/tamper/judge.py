"""Both verifiers on one damaged record, held against what the damage says should be found."""

from collections.abc import Set
from pathlib import Path

import attrs

from syntherm_verify.recording.verifiers import Answer, Verifier, independent, ours
from syntherm_verify.tamper.corpus import KEYS
from syntherm_verify.tamper.damaged import FILE, REFUSED, UNKNOWN, Damaged, lay
from syntherm_verify.tamper.reading import first_unlike


@attrs.frozen
class Judgement:
    """What came of one damage. `second`: the independent verifier was asked, too. `problems` should be empty."""

    found: bool
    named: bool
    second: bool
    second_found: bool
    second_named: bool
    problems: tuple[str, ...]


@attrs.frozen
class Verifiers:
    """The two that are asked."""

    first: Verifier = ours
    second: Verifier = independent


def judge(damaged: Damaged, folder: Path, verifiers: Verifiers, *, second: bool) -> Judgement:
    """Lay the record out and ask. The independent verifier is asked only where `second` says so."""
    record = lay(damaged.files, folder)
    expected = frozenset({damaged.first})
    if damaged.first == UNKNOWN:
        expected = first_unlike(record, damaged.whole, sealed=damaged.seal is not None)
    problems: list[str] = []
    answer = verifiers.first(record, damaged.head, KEYS)
    problems += _problems("syntherm", answer, expected, alike=True)
    other = Answer(None)
    if second:
        other = verifiers.second(lay(damaged.files, folder), damaged.head, KEYS)
        problems += _problems("independent", other, expected, alike=damaged.alike)
    return Judgement(
        found=not answer.sound,
        named=_names(answer, expected),
        second=second,
        second_found=second and not other.sound,
        second_named=second and (_names(other, expected) or not (damaged.alike or other.sound)),
        problems=tuple(problems),
    )


def _names(answer: Answer, expected: Set[int]) -> bool:
    named = REFUSED if answer.refused is not None else answer.first_bad
    return named in expected


def _problems(who: str, answer: Answer, expected: Set[int], *, alike: bool) -> list[str]:
    if answer.sound:
        return [f"{who}: calls it sound"]
    if alike and not _names(answer, expected):
        words = {REFUSED: "a refusal", FILE: "the file alone"}
        wanted = " or ".join(words.get(each, f"entry {each}") for each in sorted(expected))
        says = answer.refused or "; ".join(f"{n}: {text}" for n, text in answer.findings[:3])
        return [f"{who}: names {answer.named}, expected {wanted} ({says})"]
    return []
