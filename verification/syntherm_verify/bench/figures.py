"""One measured number with the bar that it must reach, if there is one."""

from enum import Enum, unique

import attrs


@unique
class Bar(Enum):
    """On which side of its bar a figure must lie."""

    AT_LEAST = "at least"
    BELOW = "below"
    NONE = "no bar"


@attrs.frozen
class Figure:
    """A number with its unit. `says`: how it was measured."""

    name: str
    value: float
    unit: str
    says: str
    side: Bar = Bar.NONE
    bar: float = 0.0

    @property
    def judged(self) -> bool:
        """Whether there is a bar."""
        return self.side is not Bar.NONE

    @property
    def holds(self) -> bool:
        """Whether it lies where it must."""
        if not self.judged:
            return True
        return self.value >= self.bar if self.side is Bar.AT_LEAST else self.value < self.bar

    def line(self) -> str:
        """For a reader."""
        bar = (
            "" if self.side is Bar.NONE else f" (bar: {self.side.value} {self.bar:g}{'' if self.holds else '; MISSED'})"
        )
        return f"{self.name}: {self.value:.4g} {self.unit}{bar}; {self.says}"

    def short(self) -> str:
        """For the last line of a run."""
        return f"{self.name} {self.value:.3g} {self.unit}{'' if self.holds else ' MISSED'}"

    def values(self) -> dict[str, object]:
        """For a machine."""
        raw = attrs.asdict(self)
        bar = None if self.side is Bar.NONE else self.bar
        return {**raw, "side": self.side.value, "bar": bar, "holds": self.holds}
