"""The command `syntherm-verify`: evidence that is built from what really runs."""

import sys
from collections.abc import Callable, Mapping
from typing import Final

USAGE: Final = """usage: syntherm-verify COMMAND ...

  trace --check --junit FILE [--out DIR]   is every requirement traced, tested and passed?
  generated [--check]                      documents made from the code
"""


def _trace(arguments: list[str]) -> int:
    from syntherm_verify.trace.command import trace

    return trace(arguments)


def _generated(arguments: list[str]) -> int:
    from syntherm_verify.generated.command import generated

    return generated(arguments)


COMMANDS: Final[Mapping[str, Callable[[list[str]], int]]] = {"trace": _trace, "generated": _generated}


def main() -> None:
    """Run a command and leave with its exit code."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in COMMANDS:
        sys.exit(COMMANDS[name](arguments))
    known = name in ("-h", "--help")
    print(USAGE, end="", file=sys.stdout if known else sys.stderr)
    sys.exit(0 if known else 2)
