"""The core stays small enough to be read: budgets of the design, measured on the files themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import lizard
import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "device/syntherm/core").rglob("*.py"))
DEVICE = sorted((ROOT / "device/syntherm").rglob("*.py"))
TABLES_OF_DATA = {"table.py", "faults.py"}


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions() -> Iterator[tuple[str, int, int]]:
    for path in CORE:
        for found in lizard.analyze_file(str(path)).function_list:
            yield f"{path.name}:{found.name}", found.length, found.cyclomatic_complexity


def test_files_are_short() -> None:
    sizes = {path: lines_of(path) for path in CORE if path.name not in TABLES_OF_DATA}
    assert median(sizes.values()) <= 100
    assert {str(path): size for path, size in sizes.items() if size > 300} == {}


def test_functions_are_short_and_simple() -> None:
    found = list(functions())
    assert len(found) > 100
    assert quantiles([length for _, length, _ in found], n=10)[-1] <= 30
    assert [name for name, length, _ in found if length > 60] == []
    assert [name for name, _, complexity in found if complexity > 9] == []


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_core_holds_nothing_that_the_design_forbids(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Assert), f"assert in line {node.lineno}: gone under -O"
        assert not (isinstance(node, ast.Name) and node.id in ("Any", "__import__", "eval", "exec")), node.lineno
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"
            assert ast.unparse(node.type) not in ("Exception", "BaseException"), node.lineno
    assert "type: ignore" not in path.read_text(encoding="utf-8")
    assert "pragma: no cover" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DEVICE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = ast.get_docstring(tree_of(path))
    assert text is not None
    assert len(text.splitlines()[0]) <= 120


def test_device_has_no_simulator_demo_mode_or_test_flag() -> None:
    words = ("simulat", "demo_mode", "test_mode", "dry_run", "unsafe")
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in DEVICE
        for node in ast.walk(tree_of(path))
        for name in [getattr(node, "id", None) or getattr(node, "name", None) or getattr(node, "arg", None)]
        if isinstance(name, str) and any(word in name.lower() for word in words)
    ]
    assert found == []
