"""One change to one line of the core, and whether a test noticed it."""

import difflib
from collections.abc import Iterable

import attrs

MODULE = "module"
"""Stands for the function where a mutant lies outside of all functions."""


@attrs.frozen(order=True)
class Mutant:
    """`file` is below `device/`; `before` and `after` are the lines that differ, without indent, one below another."""

    file: str
    function: str
    before: str
    after: str


@attrs.frozen
class Result:
    """`noticed`: a test failed, or none came to its end. Only survivors bear the lines that differ."""

    mutant: Mutant
    noticed: bool


def changed_lines(diff: Iterable[str]) -> tuple[str, str]:
    """What a unified diff takes out and what it puts in, without indent."""
    kept = [line for line in diff if not line.startswith(("---", "+++"))]
    out, put = ([line[1:].strip() for line in kept if line.startswith(sign)] for sign in "-+")
    return "\n".join(out), "\n".join(put)


def difference(before: str, after: str) -> tuple[str, str]:
    """The lines that differ between two texts, as `changed_lines` says them."""
    return changed_lines(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
