"""The dossier's build: requirements and risk file as items (sphinx-needs), checked by `syntherm-verify trace`."""

import tomllib
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent

project = "Syntherm"
author = "the Syntherm project"
release = version = str(tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
extensions = ["sphinx_needs"]
include_patterns = ["index.rst", "requirements/**", "risk/**"]
exclude_patterns: list[str] = []
html_theme = "basic"
html_title = "Syntherm: requirements and risk file (research software, not cleared for clinical use)"

needs_id_required = True
needs_id_regex = r"^(UN-\d{2}|SYS-\d{2}|SRS-\d{3}|HAZ-\d{2}|HS-\d{2}|RC-\d{2})$"
needs_reproducible_json = True
needs_types: list[dict[str, str]] = [
    {"directive": "userneed", "title": "User need", "prefix": "UN-", "color": "#ffffff", "style": "node"},
    {"directive": "sysreq", "title": "System requirement", "prefix": "SYS-", "color": "#ffffff", "style": "node"},
    {"directive": "swreq", "title": "Software requirement", "prefix": "SRS-", "color": "#ffffff", "style": "node"},
    {"directive": "hazard", "title": "Hazard", "prefix": "HAZ-", "color": "#ffffff", "style": "node"},
    {"directive": "situation", "title": "Hazardous situation", "prefix": "HS-", "color": "#ffffff", "style": "node"},
    {"directive": "control", "title": "Risk control", "prefix": "RC-", "color": "#ffffff", "style": "node"},
]
needs_links: dict[str, dict[str, Any]] = {
    "derives": {"incoming": "is derived into", "outgoing": "derives from", "target_types": ["userneed"]},
    "refines": {"incoming": "is refined by", "outgoing": "refines", "target_types": ["sysreq"]},
    "controls": {"incoming": "is implemented by", "outgoing": "implements", "target_types": ["control"]},
    "mitigates": {"incoming": "is mitigated by", "outgoing": "mitigates", "target_types": ["situation"]},
    "arises": {"incoming": "gives rise to", "outgoing": "arises from", "target_types": ["hazard"]},
}


def _one_of(description: str, *values: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", "enum": list(values)}}


def _scale(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer", "minimum": 1, "maximum": 5}}


needs_fields: dict[str, dict[str, Any]] = {
    "reader": _one_of("whose need it is", "patient", "operators", "auditors", "verification team"),
    "sclass": _one_of("software safety class of IEC 62304", "A", "B", "C"),
    "method": _one_of("verification method", "test", "analysis", "inspection"),
    "kind": _one_of("requirement content, by the letters of IEC 62304 5.2.2", *"abcdefghijkl"),
    "measure": _one_of("type of risk control, ISO 14971 7.1", "inherent", "protective", "information"),
    "severity": _scale("severity of the harm, risk/policy.rst"),
    "probability_before": _scale("probability of the harm before risk control, risk/policy.rst"),
    "probability_after": _scale("probability of the harm after risk control, risk/policy.rst"),
    "harm": {"description": "the harm", "schema": {"type": "string"}},
    "residual": {"description": "what remains, and why it is borne", "schema": {"type": "string"}},
}
