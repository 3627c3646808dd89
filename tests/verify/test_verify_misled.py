"""The campaign of misleading images judges as it says, and sees what a session without motion checks does not."""

import math

import attrs
import pytest

from syntherm_sim.patient import Day
from syntherm_verify.misled import command
from syntherm_verify.misled.cases import BEGINS_S, Misleading, cases
from syntherm_verify.misled.command import misled
from syntherm_verify.misled.sitting import Look, NotHeated, Sitting
from syntherm_verify.misled.verdict import FEWEST_LOOKS, judge

FINE = Look(100.0, 0.95, 0.0, 1.0, (), True, 42.0, -1.0)
CASE = Misleading("sudden", "movement", Day())


def sitting(*looks: Look, faults: tuple[str, ...] = ()) -> Sitting:
    return Sitting(0.0, looks, faults)


def many(look: Look, count: int = FEWEST_LOOKS) -> list[Look]:
    return [attrs.evolve(look, at_s=look.at_s + 3.0 * i) for i in range(count)]


def test_truth_inside_the_bounds_is_fine() -> None:
    verdict = judge(CASE, 1, sitting(*many(FINE)), 100.0)
    assert verdict.holds and verdict.covered == pytest.approx(0.95) and verdict.named_s is None


def test_truth_outside_the_bounds_must_be_named() -> None:
    wrong = attrs.evolve(FINE, covered=0.3)
    assert "inside the bounds" in judge(CASE, 1, sitting(*many(wrong)), 100.0).because
    off = attrs.evolve(wrong, flagged=("MOTION",), lent=False, at_s=106.0)
    verdict = judge(CASE, 1, sitting(FINE, off, faults=("MOTION",)), 100.0)
    assert verdict.holds and verdict.named_s == 6.0 and math.isnan(verdict.covered)


def test_what_came_before_is_not_judged() -> None:
    later = attrs.evolve(FINE, at_s=130.0)
    assert judge(CASE, 1, sitting(*many(attrs.evolve(FINE, covered=0.1)), later), 130.0).holds
    assert "no image" in judge(CASE, 1, sitting(FINE), 130.0).because


@pytest.mark.parametrize(
    ("change", "says"),
    [({"hottest_degC": 44.1}, "the target was at 44.10 degC"), ({"over_guard_degC": 0.1}, "a guard region passed")],
)
def test_harm_is_harm_also_where_it_was_named(change: dict[str, float], says: str) -> None:
    look = attrs.evolve(FINE, flagged=("DRIFT",), lent=False, **change)
    assert says in judge(CASE, 1, sitting(FINE, look, faults=("DRIFT",)), 100.0).because


def test_a_false_alarm_and_a_wrong_name_are_misses() -> None:
    clean = attrs.evolve(CASE, clean=True)
    assert "false alarm DRIFT" in judge(clean, 1, sitting(FINE, faults=("DRIFT",)), 100.0).because
    assert "named PUMP_SILENT" in judge(CASE, 1, sitting(FINE, faults=("PUMP_SILENT",)), 100.0).because


def test_cases_have_names_of_their_own_and_begin_when_told() -> None:
    found = list(cases(500.0))
    assert len({case.name for case in found}) == len(found) > 40
    moved = [case.day.movement for case in found if case.group == "movement"]
    assert moved and all(each.from_s == 500.0 for each in moved) and BEGINS_S > 0.0


def test_a_case_that_is_none_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert misled(["--plan", "nowhere.toml"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err


def test_who_is_found_out_before_heating_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def sat(plan: object, seed: int, day: Day, heated_s: float) -> Sitting:
        if day.movement != Day().movement:
            raise NotHeated(f"patient {seed}: not heated, ended in ABORT (MOTION)")
        return sitting()

    monkeypatch.setattr(command, "sit", sat)
    assert misled(["--only", "sudden 1 mm"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "sudden 1 mm x              patient 1: not heated, ended in ABORT (MOTION)"
    assert len(told) == 4 and told[-1].startswith("misled: 0 sessions, 0 missed") and "3 never heated" in told[-1]
