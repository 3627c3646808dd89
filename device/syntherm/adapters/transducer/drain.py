"""What came late belongs to nobody: it is thrown away before the next request, for a bounded time."""

import time
from typing import Final

from syntherm.adapters.line import Line

DRAIN_s: Final = 0.02
"""A device that never stops talking must not keep a stop from being sent."""


def drain(line: Line) -> None:
    """Throw away what has come. Raises LineFailed."""
    until_s = time.monotonic() + DRAIN_s
    while line.receive(0.0) and time.monotonic() < until_s:
        pass
