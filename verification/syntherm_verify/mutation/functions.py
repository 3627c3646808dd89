"""Mutants of functions and methods, made and tried by mutmut."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name, orig_function_and_class_names_from_key

from syntherm_verify.mutation.mutant import Mutant, Result, changed_lines
from syntherm_verify.mutation.workplace import surroundings
from syntherm_verify.trace.errors import bad

UNNOTICED: Final = frozenset({0, 5, 33})
"""Exit codes: all tests passed, or no test reaches the function."""
NOT_TRIED: Final = frozenset({None, 2, 34})


@attrs.frozen
class Named:
    """A mutant by the tool's own name."""

    key: str
    file: str
    function: str


def mutants(place: Path, files: Sequence[str]) -> list[Named]:
    """All that the tool makes of these files."""
    found: list[Named] = []
    with contextlib.chdir(place):
        for name in files:
            path = Path("src") / name
            mutated = mutate_file_contents(str(path), path.read_text(encoding="utf-8"))
            keys = (get_mutant_name(path, mutant) for mutant in mutated.mutant_names)
            found += [Named(key, name, _function(key)) for key in keys]
    return found


def run(place: Path, chosen: Sequence[Named], workers: int) -> list[Result]:
    """Try the chosen mutants. Raises BadInput when the tool cannot, with its last words."""
    log = place / "mutmut.log"
    patterns = sorted({each.key for each in chosen})
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(workers), *patterns]
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(command, cwd=place, env=surroundings(), stdout=out, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        last = log.read_text(encoding="utf-8").replace("\r", "\n").splitlines()[-25:]
        raise bad("mutmut", f"exit code {done.returncode}:\n" + "\n".join(last), "tests that pass without a mutant")
    with contextlib.chdir(place):
        codes = {file: _codes(file) for file in sorted({each.file for each in chosen})}
        return [_result(each, codes[each.file]) for each in chosen]


def _codes(file: str) -> Mapping[str, int | None]:
    meta = Path("mutants") / "src" / f"{file}.meta"
    codes: Mapping[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return codes


def _result(named: Named, codes: Mapping[str, int | None]) -> Result:
    code = codes[named.key]
    if code in NOT_TRIED:
        raise bad(named.key, "no verdict", "one for every mutant; was the run interrupted?")
    if code not in UNNOTICED:
        # Its lines are nobody's concern, and to find them takes longer than to try it.
        return Result(Mutant(named.file, named.function, named.key, ""), noticed=True)
    before, after = changed_lines(get_diff_for_mutant(named.key, path=Path("src") / named.file).splitlines())
    return Result(Mutant(named.file, named.function, before, after), noticed=False)


def _function(key: str) -> str:
    function, class_ = orig_function_and_class_names_from_key(key)
    return f"{class_}.{function}" if class_ else function
