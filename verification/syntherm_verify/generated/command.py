"""`syntherm-verify generated`: write the documents that come from the code, or compare them with it."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from syntherm_verify.generated import diagram, proof, tables

FOLDER: Final = Path("docs/iec62304/generated")
DOCUMENTS: Final[Mapping[str, Callable[[], str]]] = {
    "state-diagram.md": diagram.document,
    "transition-table.md": tables.transitions,
    "faults.md": tables.faults,
    "properties.md": proof.properties,
    "abstractions.md": proof.abstractions,
    "wrong-tables.md": proof.wrong_tables,
}


def stale(folder: Path) -> list[str]:
    """Names of the documents whose committed copy is not what the code says."""
    return [
        name
        for name, make in DOCUMENTS.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != make()
    ]


def generated(arguments: Sequence[str]) -> int:
    """Write, or with --check compare; 1 when a copy is stale."""
    parser = argparse.ArgumentParser(prog="syntherm-verify generated")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    if not options.check:
        options.folder.mkdir(parents=True, exist_ok=True)
        for name, make in DOCUMENTS.items():
            (options.folder / name).write_text(make(), encoding="utf-8")
        return 0
    old = stale(options.folder)
    for name in old:
        path = options.folder / name
        print(f"{path}: is not what the code says; renew it: syntherm-verify generated", file=sys.stderr)
    return 1 if old else 0
