"""Building the dossier: Sphinx in a process of its own, clean every time; what it warns of are findings."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from syntherm_verify.trace.errors import bad
from syntherm_verify.trace.findings import Finding
from syntherm_verify.trace.items import Item, read_items

_WARNING: Final = re.compile(r"^(?P<place>[^\s].*?(?::\d+)?): (?:WARNING|ERROR|CRITICAL): (?P<text>.*)$")
_LIMIT_S: Final = 120


def build(root: Path) -> tuple[tuple[Item, ...], tuple[Finding, ...]]:
    """The items of the dossier at `root`, and Sphinx's own findings: duplicate ids, unknown links, wrong fields.

    Raises BadInput when there is no dossier, or it cannot be built at all.
    """
    if not (root / "conf.py").is_file():
        raise bad(root, "no conf.py", "the root of the repository (see --root)")
    with tempfile.TemporaryDirectory(prefix="syntherm-trace-") as folder:
        out, warnings = Path(folder) / "out", Path(folder) / "warnings.txt"
        # Incremental builds show old text in tables: everything is read and written anew.
        options = ["-b", "needs", "-E", "-a", "-q", "-W", "--keep-going", "--no-color", "-w", str(warnings)]
        run = subprocess.run(
            [sys.executable, "-m", "sphinx", *options, str(root), str(out)],
            capture_output=True, text=True, check=False, timeout=_LIMIT_S,
        )  # fmt: skip
        said = warnings.read_text(encoding="utf-8") if warnings.exists() else ""
        findings = findings_of(said, root)
        if not (out / "needs.json").is_file() or (run.returncode != 0 and not findings):
            last = (run.stderr.strip().splitlines() or ["nothing said"])[-1]
            raise bad(root / "conf.py", f"a dossier that cannot be built ({last})", "one that Sphinx can build")
        return read_items(out / "needs.json"), findings


def findings_of(warnings: str, root: Path) -> tuple[Finding, ...]:
    """Sphinx's warnings as findings, with places relative to `root`."""
    findings = []
    for line in warnings.splitlines():
        match = _WARNING.match(line)
        if match is not None:
            findings.append(Finding(match["place"].removeprefix(f"{root.resolve()}/"), "", match["text"]))
        elif line.startswith(("WARNING: ", "ERROR: ")):
            findings.append(Finding("conf.py", "", line.partition(": ")[2]))
    return tuple(findings)
