"""What was refused or odd, kept in bounded memory until somebody asks; the same line again is counted."""

from typing import Final

_LONGEST: Final = 240
_MOST: Final = 32


class Remarks:
    """Lines with their counts, in the order in which each first came."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._more = 0

    def add(self, line: str) -> None:
        """One line more; what came from outside is escaped already."""
        line = line[:_LONGEST]
        if line in self._lines or len(self._lines) < _MOST:
            self._lines[line] = self._lines.get(line, 0) + 1
        else:
            self._more += 1

    def take(self) -> tuple[str, ...]:
        """All since the last time."""
        lines = [line if count == 1 else f"{line} ({count} times)" for line, count in self._lines.items()]
        if self._more:
            lines.append(f"{self._more} remarks more")
        self._lines, self._more = {}, 0
        return tuple(lines)
