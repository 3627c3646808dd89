"""Which releases' records this one executes. Old records are kept as golden files, and tested against this list."""

from collections.abc import Mapping
from typing import Any, Final

EXECUTED: Final = ("0.1.0", "0.2.0")
"""Releases whose decisions this one repeats bit for bit."""


def refusal(opened: Mapping[str, Any]) -> str | None:
    """Why a record is not executed, by its first entry; None if it is."""
    release = opened.get("syntherm")
    if release in EXECUTED:
        return None
    shown = release if isinstance(release, str) and release.isprintable() else ascii(release)
    return f"recorded by syntherm {shown:.40}; this release executes records of {' and '.join(EXECUTED)}"
