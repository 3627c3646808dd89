"""Mutants of what mutmut leaves out: constants, tables and lambdas of a module, defaults of classes, properties.

mutmut mutates functions only, and no decorated ones; its operators are used here on the rest. It also puts a mutant in
place after the modules are imported, so that what a function does on import goes unseen: such functions are made
here too.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
import libcst
from mutmut.mutation.file_mutation import Mutation, create_mutations, deep_replace

from syntherm_verify.mutation.mutant import MODULE, Mutant, difference

_HIDDEN: Final = ("    @property\n", "    # a property\n")
"""Decorated functions are skipped, so properties are shown to the tool without their decorator."""


@attrs.frozen
class Definition:
    """A mutant and the whole text of its file."""

    mutant: Mutant
    text: str


def definitions(place: Path, name: str) -> Iterator[Definition]:
    """Every mutant of one file that lies outside of plain functions; aliases of types change nothing that runs."""
    code = (place / "src" / name).read_text(encoding="utf-8").replace(*_HIDDEN)
    with contextlib.chdir(place):  # The tool looks for its settings in the folder in which it runs.
        module, mutations, _, _ = create_mutations(name, code)
    early = _called_on_import(module)
    for mutation in mutations:
        function = _place_of(module, mutation, early)
        if function is None or (function == MODULE and _in_alias(module, mutation)):
            continue
        changed = libcst.ensure_type(
            deep_replace(module, mutation.original_node, mutation.mutated_node), libcst.Module
        ).code
        before, after = difference(code, changed)
        yield Definition(Mutant(name, function, before, after), changed.replace(_HIDDEN[1], _HIDDEN[0]))


def called_on_import(place: Path, name: str) -> frozenset[str]:
    """The functions of a file that its own module calls while it is imported."""
    return _called_on_import(libcst.parse_module((place / "src" / name).read_text(encoding="utf-8")))


class _Calls(libcst.CSTVisitor):
    """Names that are called outside of functions."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_FunctionDef(self, node: libcst.FunctionDef) -> bool:
        """A body runs when it is called, not on import."""
        return False

    def visit_Lambda(self, node: libcst.Lambda) -> bool:
        """The same."""
        return False

    def visit_Call(self, node: libcst.Call) -> None:
        """Only plain names can be functions of this module."""
        if isinstance(node.func, libcst.Name):
            self.names.add(node.func.value)


def _called_on_import(module: libcst.Module) -> frozenset[str]:
    calls = _Calls()
    module.visit(calls)
    return frozenset(f.name.value for f in module.body if isinstance(f, libcst.FunctionDef)) & calls.names


def _place_of(module: libcst.Module, mutation: Mutation, early: frozenset[str]) -> str | None:
    """The function's name where the mutant is made here, MODULE outside of functions, None where mutmut makes it."""
    function = mutation.contained_by_top_level_function
    if not isinstance(function, libcst.FunctionDef):
        return MODULE
    shown = _HIDDEN[1].strip() in module.code_for_node(function)
    return function.name.value if shown or function.name.value in early else None


def _in_alias(module: libcst.Module, mutation: Mutation) -> bool:
    for line in module.body:
        for part in line.body if isinstance(line, libcst.SimpleStatementLine) else ():
            if isinstance(part, libcst.Assign) and _names_a_type(part.value) and _within(part, mutation.original_node):
                return True
    return False


def _names_a_type(value: libcst.BaseExpression) -> bool:
    if isinstance(value, libcst.Call):
        return isinstance(value.func, libcst.Name) and value.func.value == "TypeVar"
    return isinstance(value, libcst.Subscript)


def _within(outer: libcst.CSTNode, node: libcst.CSTNode) -> bool:
    return outer is node or any(_within(child, node) for child in outer.children)
