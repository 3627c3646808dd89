"""What the trace cannot work with."""


class BadInput(Exception):
    """Something asked for cannot be read; the message is one line: what, found, expected."""


def bad(what: object, found: str, expected: str) -> BadInput:
    """The one form of message."""
    return BadInput(f"{what}: found {found}, expected {expected}")
