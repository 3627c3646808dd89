"""Mutants of what lies outside of plain functions, and how two texts of a file are told apart."""

import json

import pytest

from syntherm_verify.mutation.definitions import called_on_import, definitions
from syntherm_verify.mutation.mutant import MODULE, Mutant, changed_lines, difference
from syntherm_verify.mutation.trials import run

FILE = "syntherm/core/limits.py"
CODE = '''"""Limits."""

from typing import Final

Map = dict[str, float]
LIMIT: Final = 4.0


def within(value: float) -> bool:
    """Whether a value is within the limit."""
    return value <= LIMIT


class Span:
    """From zero to an end."""

    end: float = 2.0

    @property
    def middle(self) -> float:
        """Halfway."""
        return self.end / 2.0
'''
TESTS = """from syntherm.core.limits import Span, within


def test_limit():
    assert within(4.0) and not within(4.5)


def test_span():
    assert Span().middle == 1.0
"""


@pytest.fixture
def place(tmp_path):
    """A tree with one file of code, its tests, and what the tool knows of them."""
    (tmp_path / "src" / "syntherm" / "core").mkdir(parents=True)
    (tmp_path / "src" / FILE).write_text(CODE, encoding="utf-8")
    for package in ("syntherm", "syntherm/core"):
        (tmp_path / "src" / package / "__init__.py").touch()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_limits.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "verification").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntestpaths = ['tests']\n", encoding="utf-8")
    (tmp_path / "mutants").mkdir()
    knows(tmp_path, "test_limit", "test_span")
    return tmp_path


def knows(place, *tests, reaching=("test_limit",)):
    """As the tool writes it: all tests, and those that reach the function of the file."""
    statistics = {
        "duration_by_test": {f"tests/test_limits.py::{name}": 0.1 for name in tests},
        "tests_by_mangled_function_name": {
            "syntherm.core.limits.x_within": [f"tests/test_limits.py::{name}" for name in reaching]
        },
    }
    (place / "mutants" / "mutmut-stats.json").write_text(json.dumps(statistics), encoding="utf-8")


def test_constants_defaults_and_properties_are_mutated_and_nothing_else(place):
    made = {each.mutant for each in definitions(place, FILE)}
    assert made == {
        Mutant(FILE, MODULE, "LIMIT: Final = 4.0", "LIMIT: Final = None"),
        Mutant(FILE, MODULE, "LIMIT: Final = 4.0", "LIMIT: Final = 5.0"),
        Mutant(FILE, MODULE, "end: float = 2.0", "end: float = None"),
        Mutant(FILE, MODULE, "end: float = 2.0", "end: float = 3.0"),
        Mutant(FILE, "middle", "return self.end / 2.0", "return self.end * 2.0"),
        Mutant(FILE, "middle", "return self.end / 2.0", "return self.end / 3.0"),
    }


def test_a_mutant_is_the_whole_file_with_one_change(place):
    for each in definitions(place, FILE):
        assert "@property" in each.text
        compile(each.text, FILE, "exec")
        assert CODE.replace(each.mutant.before, each.mutant.after) == each.text


def test_each_is_tried_against_the_tests_that_reach_its_file_and_the_copy_is_as_before(place):
    chosen = [each for each in definitions(place, FILE) if "None" not in each.mutant.after]
    results = {result.mutant.after: result.noticed for result in run(place, chosen, 1)}
    assert results == {
        "LIMIT: Final = 5.0": True,
        "end: float = 3.0": True,
        "return self.end * 2.0": True,
        "return self.end / 3.0": True,
    }
    assert (place / "definitions-0" / "src" / FILE).read_text(encoding="utf-8") == CODE


def test_a_mutant_that_the_nearest_tests_let_pass_meets_the_others(place):
    chosen = [each for each in definitions(place, FILE) if each.mutant.after == "end: float = 3.0"]
    knows(place, "test_limit", "test_span", reaching=())
    assert [result.noticed for result in run(place, chosen, 1)] == [True]


def test_a_mutant_that_no_test_notices_survives(place):
    knows(place, "test_limit")
    chosen = [each for each in definitions(place, FILE) if each.mutant.after.startswith("end: float = 3")]
    assert [result.noticed for result in run(place, chosen, 1)] == [False]


def test_what_a_module_calls_on_import_is_mutated_here_too(place):
    early = CODE + "\n\ndef made() -> int:\n    return 1\n\n\nMADE = made()\nLATER = [lambda: within(0.0)]\n"
    (place / "src" / FILE).write_text(early, encoding="utf-8")
    assert called_on_import(place, FILE) == {"made"}
    of_made = [each.mutant for each in definitions(place, FILE) if each.mutant.function == "made"]
    assert of_made == [Mutant(FILE, "made", "return 1", "return 2")]


def test_lines_that_differ():
    assert difference("a\n  b\nc\n", "a\n  d\nc\n") == ("b", "d")
    assert difference("a\nb\n", "a\n") == ("b", "")
    assert changed_lines(["--- x", "+++ x", "@@", "-  a", "-  b", "+  c", "   d"]) == ("a\nb", "c")
