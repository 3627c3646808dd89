"""Documents written by hand name only what the dossier holds."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ID = re.compile(r"\b(?:SRS-\d{3}|SYS-\d{2}|UN-\d{2}|HAZ-\d{2}|HS-\d{2}|RC-\d{2})\b")
DEFINED = {
    found
    for folder in ("requirements", "risk")
    for path in (ROOT / folder).glob("*.rst")
    for found in re.findall(r"^ +:id: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
}
WRITTEN = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_ids_in_documents_are_in_the_dossier(path: Path) -> None:
    assert len(DEFINED) > 100
    assert set(ID.findall(path.read_text(encoding="utf-8"))) - DEFINED == set()


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
