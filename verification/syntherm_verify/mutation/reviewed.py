"""The survivors that people have looked at, each with the reason why no test could notice it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from syntherm_verify.mutation.mutant import Mutant
from syntherm_verify.trace.errors import bad

LIST: Final = Path("verification") / "mutants" / "core-equivalents.toml"
_FIELDS: Final = ("file", "function", "before", "after", "reason")


def read_reviewed(path: Path) -> Mapping[Mutant, str]:
    """The reason of each reviewed mutant. Raises BadInput with the file and the entry."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise bad(path, str(error), "a TOML file of [[equivalent]] tables") from error
    reviewed: dict[Mutant, str] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"{path}: equivalent {number}"
        if not isinstance(entry, dict) or set(entry) != set(_FIELDS):
            raise bad(where, ", ".join(sorted(entry)) or "nothing", ", ".join(_FIELDS))
        wrong = [field for field in _FIELDS if not isinstance(entry[field], str)]
        if wrong or not entry["reason"].strip():
            raise bad(f"{where}: {(wrong or ['reason'])[0]}", "no text", "text")
        mutant = Mutant(*(entry[field].strip() for field in _FIELDS[:-1]))
        if mutant in reviewed:
            raise bad(where, f"{mutant.file} {mutant.function} a second time", "each mutant once")
        reviewed[mutant] = entry["reason"].strip()
    return reviewed
