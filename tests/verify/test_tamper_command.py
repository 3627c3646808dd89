"""The command in its short form, and that it can fail: verifiers that are blind to one thing each are caught."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from syntherm.audit.keys import PublicKey
from syntherm_verify.recording.verifiers import Answer, Verifier, independent, ours
from syntherm_verify.tamper import command, files, rewritten, rows, run, seals
from syntherm_verify.tamper.command import tamper
from syntherm_verify.tamper.corpus import KEYS, Corpus, corpus
from syntherm_verify.tamper.damaged import UNKNOWN, Damage, Damaged, lay
from syntherm_verify.tamper.judge import Verifiers, judge
from syntherm_verify.tamper.run import DAMAGES, Tally, name_of, portion

SEED = 5


@pytest.fixture(scope="module")
def records() -> Corpus:
    return corpus()


def blind_to(word: str) -> Verifier:
    """The device's verifier without the findings that say a word."""

    def verifier(path: Path, head: str | None, keys: Sequence[PublicKey]) -> Answer:
        answer = ours(path, head, keys)
        seen = tuple(finding for finding in answer.findings if word not in finding[1])
        first_bad = min((number for number, _ in seen if number), default=0) if seen else None
        return attrs.evolve(answer, findings=seen, first_bad=first_bad)

    return verifier


def one_too_late(path: Path, head: str | None, keys: Sequence[PublicKey]) -> Answer:
    answer = independent(path, head, keys)
    return attrs.evolve(answer, first_bad=None if answer.first_bad is None else answer.first_bad + 1)


@pytest.mark.system
@pytest.mark.verifies("SRS-502", "SRS-506", "RC-13")
def test_every_kind_of_damage_is_found_and_named_by_both_verifiers(capsys: pytest.CaptureFixture[str]) -> None:
    assert tamper(["--damages", str(len(DAMAGES)), "--seed", str(SEED)]) == 0
    lines = capsys.readouterr().out.splitlines()
    kinds = len(DAMAGES)
    assert len(lines) == 1 + kinds + 1
    assert f"{kinds} found, {kinds} named right; by the independent verifier, of {kinds}: {kinds} found" in lines[-1]


def test_undamaged_records_are_what_they_should_be(records: Corpus, tmp_path: Path) -> None:
    for name, named in {"whole": "sound", "earlier": "sound", "other": "sound", "unclosed": "56", "dead": "56"}.items():
        original = getattr(records, name)
        beside = {} if original.wal is None else {"-wal": original.wal}
        same = Damaged(original, original.data, original.seal, UNKNOWN, beside=beside)
        for verifier in (ours, independent):
            assert verifier(lay(same.files, tmp_path), original.head, KEYS).named == named, name
    kinds = {row[1] for row in records.whole.rows}
    assert len(kinds) == 13 and "resumed" in kinds and "clock" in kinds


@pytest.mark.parametrize(
    ("word", "damage"),
    [
        ("does not fit the chain", rows.field),
        ("is missing", rows.array_gone),
        ("content that its digest", rows.array_replaced),
        ("is not signed by the site's key over", rewritten.body),
        ("not one of those given", rewritten.all_by_another_key),
        ("the head is", rewritten.earlier),
        ("seal", seals.removed),
        ("file lies beside", files.foreign_log),
        ("checkpoint after it", rewritten.checkpoint_removed),
    ],
)
def test_a_verifier_that_ignores_something_is_caught(
    word: str, damage: Damage, records: Corpus, tmp_path: Path
) -> None:
    damaged = damage(random.Random(SEED), records)
    assert judge(damaged, tmp_path, Verifiers(), second=True).problems == ()
    found = judge(damaged, tmp_path, Verifiers(blind_to(word)), second=True)
    assert len(found.problems) == 1 and found.problems[0].startswith("syntherm: ") and not found.named


def test_a_verifier_that_names_a_later_entry_is_caught(records: Corpus, tmp_path: Path) -> None:
    damaged = rows.deleted(random.Random(SEED), records)
    found = judge(damaged, tmp_path, Verifiers(second=one_too_late), second=True)
    assert found.second_found and not found.second_named
    assert f"independent: names {damaged.first + 1}, expected entry {damaged.first}" in found.problems[0]


def test_a_refusal_is_no_answer_to_a_record_that_can_be_read(records: Corpus, tmp_path: Path) -> None:
    damaged = rows.field(random.Random(SEED), records)
    refusing = Verifiers(lambda *_: Answer(None, refused="made up"))
    found = judge(damaged, tmp_path, refusing, second=False)
    assert found.found and not found.named and "names refused" in found.problems[0]


def test_who_may_refuse_a_record_may_not_call_it_sound(records: Corpus, tmp_path: Path) -> None:
    damaged = seals.first_format(random.Random(SEED), records)
    assert judge(damaged, tmp_path, Verifiers(), second=True).problems == ()
    found = judge(damaged, tmp_path, Verifiers(second=lambda *_: Answer(None)), second=True)
    assert found.problems == ("independent: calls it sound",) and not found.second_found


def test_a_portion_is_always_the_same() -> None:
    blind = Verifiers(blind_to("does not fit the chain"))
    one, two, three = (portion(0, len(DAMAGES), seed, every=1, verifiers=blind).told for seed in (1, 1, 2))
    assert one == two and one != three


@pytest.mark.parametrize("make", [rows.field, rows.deleted, rewritten.body, files.one_bit], ids=name_of)
def test_a_damage_of_one_number_is_always_the_same(make: Damage, records: Corpus) -> None:
    one, two, three = (make(random.Random(seed), records) for seed in (1, 1, 2))
    assert one.files == two.files and one.first == two.first
    assert one.files != three.files


def test_a_run_that_finds_a_problem_fails_and_says_how_to_make_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = portion(0, len(DAMAGES), SEED, every=1, verifiers=Verifiers(blind_to("does not fit the chain")))
    monkeypatch.setattr(command, "portions", lambda *_: iter([tally]))
    assert tamper(["--damages", "43"]) == 1
    out = capsys.readouterr().out
    assert f"damage 12 of seed {SEED}, a field of an entry changed: syntherm: names" in out
    assert tamper(["--damages", "43", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == tally.problems > 0


@pytest.mark.parametrize(
    "arguments", [[], ["--damages", "0"], ["--damages", "many"], ["--damages", "1", "--seed", "-1"]]
)
def test_bad_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        tamper(arguments)
    assert left.value.code == 2


def test_portions_add_up() -> None:
    whole, part = Tally(), Tally()
    part.made["a"], part.problems, part.told = 2, 1, ["one"]
    whole.add(part)
    whole.add(part)
    assert whole.made["a"] == 4 and whole.problems == 2 and whole.told == ["one", "one"]


def test_long_runs_ask_the_independent_verifier_about_some_of_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(run, "_PORTION", 10**6)
    monkeypatch.setattr(run, "portion", lambda *_, every: asked.append(every) or Tally())
    list(run.portions(2000, 1, 2))
    list(run.portions(2001, 1, 2))
    assert asked == [1, 50]
