"""What is wrong with what the site handed in."""

from pathlib import Path


class BadInput(ValueError):
    """A file of the folder is missing, unreadable or contradicts another one. The message is for the operator."""


def bad(where: Path | str, found: str, expected: str) -> BadInput:
    """The error in its one form: file (with line and field), what was found, what was expected."""
    # One line whatever a file name or a foreign library's message holds.
    return BadInput(" ".join(f"{where}: found {found}; expected {expected}".split()))
