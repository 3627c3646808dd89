"""The command `syntherm-sim`: the demonstration day, and the real-image check."""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from syntherm_sim.session_command import session

USAGE: Final = """usage: syntherm-sim COMMAND ...

  session   a whole treatment day on a virtual patient
  serve     a virtual treatment room in real time, for `syntherm session`
  images    real in-vivo images, with a known heating, through the session's thermometry

syntherm-sim COMMAND --help tells more.
"""


def _images(arguments: list[str]) -> int:
    from syntherm_sim.images.command import images

    return images(arguments)


def _serve(arguments: list[str]) -> int:
    from syntherm_sim.serve_command import serve

    return serve(arguments)


COMMANDS: Final[Mapping[str, Callable[[list[str]], int]]] = {"session": session, "serve": _serve, "images": _images}


def main() -> None:
    """Run a command and leave with its exit code."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in COMMANDS:
        sys.exit(COMMANDS[name](arguments))
    known = name in ("-h", "--help")
    print(USAGE, end="", file=sys.stdout if known else sys.stderr)
    sys.exit(0 if known else 2)
