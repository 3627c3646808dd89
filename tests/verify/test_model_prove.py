"""The command `prove`: its table, its exit codes, its counterexamples and its evidence. The engines have their own."""

import json

import attrs
import pytest

from syntherm.core.properties import Property
from syntherm_sim.story.reader import read_story
from syntherm_verify.model import evidence, prove
from syntherm_verify.model.constants import SMALL
from syntherm_verify.model.environment import Kind, ModelEvent
from syntherm_verify.model.lemmas import Lemma
from syntherm_verify.model.space import variables
from syntherm_verify.model.tale import Scene
from syntherm_verify.model.verdicts import EXPLORER, IC3, SPIN, Run, Verdict

BEGIN = {v.name: v.initial for v in variables(SMALL)}
SCENES = (Scene(BEGIN, ModelEvent(Kind.POLL)), Scene(BEGIN, ModelEvent(Kind.TICK)))


def run_of(engine, states=7, **judged):
    """A run in which everything holds but what is given by the claim's name in the enum."""
    verdicts = tuple(
        Verdict(engine, claim, judged.get(claim.name, True), scenes=SCENES if judged.get(claim.name) is False else ())
        for claim in Property
    )
    return Run(engine, states, 9, 0.5, verdicts)


@pytest.fixture
def proven(monkeypatch, tmp_path, capsys):
    """Run the command on runs that are given; evidence and counterexamples lie in a folder of its own."""
    monkeypatch.setattr(evidence, "RESULTS", tmp_path / "proof.json")
    lemmas = [Lemma("tried", "says something", 3, None)]
    monkeypatch.setattr(prove, "lemmas", lambda _: lemmas)

    def make(runs, *arguments, tried=None):
        if tried is not None:
            lemmas[:] = tried
        monkeypatch.setattr(prove, "ENGINES", {run.engine: lambda *_, run=run: run for run in runs})
        code = prove.prove([*arguments, "--out", str(tmp_path / "out")])
        return code, *capsys.readouterr()

    return make


def test_all_engines_run_unless_some_are_named(proven):
    code, out, _ = proven([run_of(EXPLORER), run_of(SPIN), run_of(IC3, None)])
    assert code == 0
    head = out.splitlines()[0].split()
    assert head == ["property", "explorer", "spin", "ic3"]
    assert out.count("holds") == 3 * len(Property) + 1
    code, out, _ = proven([run_of(EXPLORER), run_of(SPIN)], "--engine", "spin")
    assert out.splitlines()[0].split() == ["property", "spin"]


def test_a_broken_claim_ends_with_1_and_leaves_a_story_that_can_be_read(proven, tmp_path):
    code, out, _ = proven([run_of(EXPLORER, NEVER_MORE=False)])
    assert code == 1
    assert "never-more-than-prescribed is broken" in out
    assert "  1. poll" in out and "  2. tick" in out
    text = (tmp_path / "out" / "never-more-than-prescribed-explorer.json").read_text(encoding="utf-8")
    told = read_story(text)
    assert told.violates is Property.NEVER_MORE and len(told.events) >= 2
    assert not (tmp_path / "proof.json").exists(), "evidence was kept of what does not hold"


def test_engines_that_count_different_states_end_with_1(proven):
    code, _, err = proven([run_of(EXPLORER, 7), run_of(SPIN, 8)])
    assert code == 1 and "do not agree" in err


def test_an_assumption_that_fails_ends_with_1(proven):
    code, out, _ = proven([run_of(EXPLORER)], tried=[Lemma("tried", "says something", 3, "case 2")])
    assert code == 1 and "tried: case 2" in out


def test_evidence_is_kept_compared_and_found_stale(proven, tmp_path):
    assert proven([run_of(EXPLORER)])[0] == 0
    kept = json.loads((tmp_path / "proof.json").read_text(encoding="utf-8"))
    assert kept["engines"]["explorer"]["states"] == 7
    assert proven([run_of(EXPLORER)], "--check")[0] == 0
    code, _, err = proven([run_of(EXPLORER, 8)], "--check")
    assert code == 1 and "explorer is not what was found now" in err
    # What could not be told in the time is no other answer; one that was not judged before is.
    assert proven([run_of(EXPLORER, ENDS=None)], "--check")[0] == 0
    assert proven([run_of(SPIN)], "--check")[0] == 1
    code, _, err = proven([run_of(EXPLORER)], "--check", tried=[Lemma("tried", "says something", 4, None)])
    assert code == 1 and "assumptions" in err


def test_what_cannot_be_written_is_said_in_one_line(proven, tmp_path):
    (tmp_path / "out").touch()
    code, _, err = proven([run_of(EXPLORER)])
    assert code == 2 and err.count("\n") == 1 and "out" in err


def test_a_core_that_cannot_be_turned_into_the_model_ends_with_1(proven, monkeypatch):
    def broken(_):
        raise TypeError("the core forgot a moment")

    monkeypatch.setattr(prove, "Rules", broken)
    code, _, err = proven([run_of(EXPLORER)])
    assert code == 1 and "the core forgot a moment" in err


def test_a_run_knows_what_is_broken():
    run = run_of(EXPLORER, ENDS=None, WAYS=False)
    assert [verdict.claim for verdict in run.broken] == [Property.WAYS]
    assert attrs.evolve(run, verdicts=()).broken == ()
