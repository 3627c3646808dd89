"""The command on a small tree: what it answers, what it leaves alone, and what it says of bad input."""

import hashlib
import json

import pytest

from syntherm_verify.mutation.command import BAD_INPUT, CLEAN, GAPS, mutation

FILE = "device/syntherm/core/bounds.py"
CODE = '''"""Bounds."""

LIMIT = 4.0


def within(value: float) -> bool:
    """Whether a value is within the limit."""
    return value <= LIMIT
'''
TEST = """from syntherm.core.bounds import within


def test_limit():
    assert within(4.0) and not within(4.5)
"""
WEAK = TEST.replace("within(4.0) and not within(4.5)", "not within(9.0)")


@pytest.fixture
def root(tmp_path):
    """A repository of one function and one test."""
    for name, text in {
        FILE: CODE,
        "device/syntherm/__init__.py": "",
        "device/syntherm/core/__init__.py": "",
        "tests/conftest.py": "",
        "tests/builders/none.py": "",
        "tests/core/test_bounds.py": TEST,
        "tests/core/plan/test_slow.py": "def test_never():\n    assert False\n",
        "tests/properties/test_prop_session.py": "def test_never():\n    assert False\n",
        "verification/plans/plan.toml": "",
        "verification/mutants/core-equivalents.toml": "",
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["--import-mode=importlib"]\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def fingerprint(root):
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*") if path.is_file()}


def run(root, *arguments):
    return mutation(["--root", str(root), "--workers", "1", *arguments])


@pytest.mark.system
def test_all_noticed_and_the_checkout_untouched(root, tmp_path_factory, capsys):
    before, out = fingerprint(root), tmp_path_factory.mktemp("out")
    assert run(root, "--out", str(out)) == CLEAN
    assert fingerprint(root) == before
    table = capsys.readouterr().out.splitlines()
    assert table[-1].split() == ["all", "3", "3", "0", "0", "100.0%"]
    record = json.loads((out / "mutation.json").read_text(encoding="utf-8"))
    assert record["tool"].startswith("mutmut 3.") and record["holds"] is True


@pytest.mark.system
def test_a_survivor_is_shown_with_its_change_and_a_review_of_it_is_enough(root, capsys):
    (root / "tests/core/test_bounds.py").write_text(WEAK, encoding="utf-8")
    assert run(root) == GAPS
    shown = capsys.readouterr().out
    assert "  - return value <= LIMIT\n  + return value < LIMIT" in shown
    assert "  + LIMIT = 5.0" in shown and "LIMIT = None" not in shown
    entry = '[[equivalent]]\nfile = "syntherm/core/bounds.py"\nreason = "only a test of this command"\n'
    reviews = (
        entry + 'function = "within"\nbefore = "return value <= LIMIT"\nafter = "return value < LIMIT"\n',
        entry + 'function = "module"\nbefore = "LIMIT = 4.0"\nafter = "LIMIT = 5.0"\n',
    )
    (root / "verification/mutants/core-equivalents.toml").write_text("".join(reviews), encoding="utf-8")
    assert run(root, "--sample", "2") == CLEAN, "a sample says nothing of the score"
    assert "nobody" not in capsys.readouterr().out


def test_tests_that_fail_without_a_mutant_are_told(root, capsys):
    (root / "tests/core/test_bounds.py").write_text(TEST + "    assert False\n", encoding="utf-8")
    assert run(root) == BAD_INPUT
    assert "expected tests that pass without a mutant" in capsys.readouterr().err


def test_bad_input_is_told_in_a_line(root, capsys):
    assert run(root, "--files", "plan/*.py") == BAD_INPUT
    assert capsys.readouterr().err.startswith("syntherm-verify mutation: --files: found 'plan/*.py'")
    (root / "verification/mutants/core-equivalents.toml").unlink()
    assert run(root) == BAD_INPUT
    assert "core-equivalents.toml" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        run(root, "--sample", "0")
    assert left.value.code == BAD_INPUT
