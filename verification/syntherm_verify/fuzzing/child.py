"""`python -m syntherm_verify.fuzzing.child NAME OPTION ...`: one target under libFuzzer, which ends the process.

Only what ships, and the standard parsers that it uses, are instrumented: their branches are what guides the search.
"""

import sys
from importlib import import_module
from typing import Final

_WATCHED: Final = ["syntherm", "tomllib"]
_NOT_WATCHED: Final = ["syntherm.guardian.view"]
"""atheris 3.0.0 never lets go of what a comparison of arrays gave: it would be taken for what the reader keeps."""


def main() -> None:
    """Fuzz until libFuzzer's own options end it. Exit code 77 for an exception, 70 to 72 for time and memory."""
    atheris = import_module("atheris")  # by name: it is not installed wherever the types are checked
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=_WATCHED, exclude=_NOT_WATCHED):
        from syntherm_verify.fuzzing.registry import target

        wanted = target(name)
    from syntherm_verify.fuzzing.memory import Sampler

    atheris.enabled_hooks.add("str")
    atheris.Setup([name, *options], Sampler(wanted).run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
