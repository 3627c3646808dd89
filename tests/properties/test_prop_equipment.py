"""The rules of `syntherm-verify stateful`, in the short form that every change goes through; and that they judge.

| what is broken                      | what the rules' own account says      | requirement |
|-------------------------------------|---------------------------------------|-------------|
| the dwell is always reached         | drug began too early                  | SRS-301     |
| one person resets, or accepts       | too few people                        | SRS-106     |
| a lease lasts longer than allowed   | a lease of a wrong length             | SRS-201     |
| any image renews a lease            | a lease upon no temperature           | SRS-202     |
| faults are not answered             | energy in spite of a fault            | SRS-409     |
| ending energy sends no command      | energy ended without its command      | SRS-105     |
| the pump's limit is set too high    | drug without its limit                | SRS-303     |
| a restart goes on as if nothing was | an abort or a restart took nothing    | SRS-113     |
"""

from collections.abc import Callable

import attrs
import pytest

from syntherm.core import effects, guards, step
from syntherm.core.checks import registry
from syntherm.core.checks.verdict import passed
from syntherm.core.events import OperatorActed, Restarted
from syntherm.core.vocabulary import Effect, Fact, Session, Trigger
from syntherm_verify.model.conform import same_answer
from syntherm_verify.stateful.account import Account
from syntherm_verify.stateful.bench import Bench, places, short_plan
from syntherm_verify.stateful.command import stateful
from syntherm_verify.stateful.machine import Sessions
from syntherm_verify.stateful.run import REACHABLE, STATES, portions, run_portion
from syntherm_verify.stateful.tally import Tally

RULES = 20_000


@pytest.mark.system
@pytest.mark.verifies(
    "SRS-105", "SRS-106", "SRS-113", "SRS-201", "SRS-202", "SRS-204", "SRS-207", "SRS-301", "SRS-302", "SRS-303",
    "SRS-306", "SRS-408", "SRS-409", "SRS-410", "SRS-703", "SRS-704",
    "RC-01", "RC-02", "RC-03", "RC-04", "RC-05", "RC-07", "RC-08", "RC-09", "RC-10", "RC-12",
)  # fmt: skip
def test_sessions_hold_whatever_equipment_does_and_every_fault_is_reached() -> None:
    tally = Tally()
    for portion in portions(RULES, 7, workers=2):
        assert portion.failure is None, portion.failure
        tally.add(portion.tally)
    assert tally.rules >= RULES
    assert {code.value.code for code in REACHABLE - tally.codes.keys()} == set()
    assert tally.states == STATES


def test_a_portion_is_the_same_each_time() -> None:
    one, other = run_portion(3, 2), run_portion(3, 2)
    assert one.tally == other.tally
    assert one.tally.steps > one.tally.rules > 100
    assert run_portion(4, 2).tally != one.tally


# ---------------------------------------------------------------------------------------------- does it judge?
@pytest.fixture(autouse=True)
def well_begun() -> None:
    """The places to set out from are made once in a process: by a core that nothing is broken in yet."""
    places()


Break = Callable[[pytest.MonkeyPatch], None]


def _fact(fact: Fact) -> Break:
    return lambda patch: patch.setitem(guards.PREDICATES, fact, lambda _: True)


def _command(effect: Effect, change: Callable[[object], object]) -> Break:
    carry_out = effects.CARRIED_OUT[effect]

    def changed(state, event, at_s):
        after, command = carry_out(state, event, at_s)
        return after, None if command is None else change(command)

    return lambda patch: patch.setitem(effects.CARRIED_OUT, effect, changed)


def _any_image(patch: pytest.MonkeyPatch) -> None:
    # Two protections stand one behind the other: a spoilt image is a fault, and it renews nothing.
    _fact(Fact.FRAME_ACCEPTED)(patch)
    patch.setitem(registry.ALL, "frame-identity", lambda _: passed())


def _no_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(step, "asked_for", lambda *_: ())


def _restart_forgotten(patch: pytest.MonkeyPatch) -> None:
    trigger_of = step.trigger_of
    patch.setattr(step, "trigger_of", lambda event, s: None if isinstance(event, Restarted) else trigger_of(event, s))


BROKEN: dict[str, tuple[Break, str]] = {
    "dwell": (_fact(Fact.DWELL_REACHED), "drug began after"),
    "people": (_fact(Fact.OTHER_PERSON_AGREED), "too few people"),
    "image": (_any_image, "a lease upon no temperature"),
    "lease": (
        _command(Effect.GRANT_LEASE, lambda lease: attrs.evolve(lease, until_s=lease.until_s + 1.0)),
        "a lease of a wrong length",
    ),
    "limit": (
        _command(Effect.GRANT_INFUSION, lambda grant: attrs.evolve(grant, volume_limit_ml=grant.volume_limit_ml + 1.0)),
        "drug without its limit",
    ),
    "off": (_command(Effect.ENERGY_OFF, lambda _: None), "energy ended without its command"),
    "faults": (_no_answer, "in spite of a fault that pauses"),
    "restart": (_restart_forgotten, "an abort or a restart did not take both away"),
}


class Alone(Sessions):
    """Judged by the account alone."""

    def compare(self, before, event, outcome) -> None:
        pass


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_core_fails_by_the_rules_own_account(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the session's own monitors and the table's answers off: the account rests on none of them."""
    monkeypatch.setattr(step, "judge", lambda was, *_: (was, ()))
    monkeypatch.setattr(step, "judge_refusal", lambda *_: ())
    break_it, words = BROKEN[name]
    break_it(monkeypatch)
    failure = run_portion(1, 60, Alone, shrink=False).failure
    assert failure is not None
    assert words in failure.splitlines()[-1]


def test_a_broken_core_fails_by_its_own_monitors(monkeypatch: pytest.MonkeyPatch) -> None:
    _fact(Fact.DWELL_REACHED)(monkeypatch)
    failure = run_portion(1, 60, shrink=False).failure
    assert failure is not None
    assert "PROPERTY-VIOLATED: infusion-after-dwell" in failure.splitlines()[-1]


MOVE = step._move


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("asked_for", lambda *_: ()),
        ("_move", lambda at, triggers: MOVE(at, triggers[-1:] + triggers[:-1])),
    ],
    ids=["faults unasked", "the act first"],
)
def test_another_order_of_answers_is_told_from_the_tables(name, value, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "judge", lambda was, *_: (was, ()))
    monkeypatch.setattr(step, name, value)
    monkeypatch.setattr(Account, "judge", lambda *_: None)
    failure = run_portion(1, 60, shrink=False).failure
    assert failure is not None and "the step and the table differ upon" in failure.splitlines()[-1]


def test_an_overtaken_act_that_is_done_is_told_from_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reset that comes with the jump of time that aborts rests on nothing that the person saw."""
    found: list[str | None] = []
    for resting in (step._RESTING, frozenset()):
        monkeypatch.setattr(step, "_RESTING", resting)
        late = Bench(short_plan(), 1, lambda *seen: found.append(same_answer(*seen)), places()["heating"])
        late.room.pass_s(7.0)
        late.act(Trigger.RESET, reason="checked")
    first, second = found[0], found[-1]
    assert first is None
    assert second is not None and "effects: " in second and "REMEMBER" in second


def test_another_model_can_be_held_against_each_step() -> None:
    """Refusals are steps, too: they change nothing, and another model has to say so as well."""
    refused = []

    class Compared(Sessions):
        def compare(self, before, event, outcome) -> None:
            if outcome is None:
                refused.append(event)
            elif outcome.state.phases.session is Session.ABORT:
                raise AssertionError(f"the other model does not abort upon {type(event).__name__}")

    failure = run_portion(1, 5, Compared, shrink=False).failure
    assert failure is not None and "the other model does not abort upon " in failure.splitlines()[-1]
    assert {type(event) for event in refused} == {OperatorActed}


# ---------------------------------------------------------------------------------------------- the command
def test_the_command_ends_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert stateful(["--rules", "150", "--workers", "1"]) == 0
    *_, last = capsys.readouterr().out.strip().splitlines()
    rules, _, rest = last.partition(" rules (")
    assert int(rules) >= 150
    assert f"of {len(REACHABLE)} fault codes and " in rest and f"of {len(STATES)} states" in rest


@pytest.mark.parametrize("arguments", [[], ["--rules", "0"], ["--rules", "many"], ["--rules", "9", "--seed", "-1"]])
def test_bad_numbers_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        stateful(arguments)
    assert left.value.code == 2
    assert "usage: syntherm-verify stateful" in capsys.readouterr().err
