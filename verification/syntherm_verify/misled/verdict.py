"""Either the truth stays inside the bounds, or it is named and energy is off before anybody is harmed."""

from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np

from syntherm.core.faults import Code
from syntherm_verify.misled.cases import Misleading
from syntherm_verify.misled.sitting import Look, Sitting

TARGET_MAX_DEGC: Final = 44.0
LEAST_COVERED: Final = 0.90
FEWEST_LOOKS: Final = 10
"""Of fewer images without a fault, half a minute, no share of covered voxels is asked."""
CAUSED_BY_OTHERS: Final = frozenset(
    code.name
    for code in Code
    if code.name.startswith(("PATIENT", "STOP", "TRANSDUCER", "PUMP", "OFF", "CLOCK", "CHECK", "PROPERTY"))
)
"""Names that no image can deserve: a fault so named was not understood."""


@attrs.frozen
class Verdict:
    """One case on one patient. `because` is empty where it holds; `named_s`: from its beginning to its first name.

    `covered`: share of the target's voxels inside their bounds, mean over the images that no fault took out; the worst
    stretch of half a minute in `worst`. NaN where there are too few.
    """

    case: str
    group: str
    seed: int
    because: str
    named: tuple[str, ...]
    named_s: float | None
    covered: float
    worst: float
    error_degC: float
    hottest_degC: float
    over_guard_degC: float

    @property
    def holds(self) -> bool:
        """Whether nobody was misled to harm."""
        return self.because == ""

    def line(self) -> str:
        """For a reader."""
        named = "not named" if self.named_s is None else f"{' '.join(self.named)} after {self.named_s:.0f} s"
        return (
            f"{self.case:26} patient {self.seed}: {named}; covered {self.covered:.3f} (worst {self.worst:.3f}), "
            f"error {self.error_degC:+.2f}, hottest {self.hottest_degC:.2f}, guards {self.over_guard_degC:+.1f}"
            f"{'' if self.holds else '; MISSED: ' + self.because}"
        )


def judge(case: Misleading, seed: int, sitting: Sitting, from_s: float) -> Verdict:
    """What became of one case. `from_s`: when it began, or when heating did if it was there from the start."""
    looks = [look for look in sitting.looks if look.at_s >= from_s]
    trusted = [look for look in looks if look.lent and not look.flagged and np.isfinite(look.covered)]
    first = next((look for look in looks if look.flagged and not look.lent), None)
    shares = np.asarray([look.covered for look in trusted])
    enough = len(shares) >= FEWEST_LOOKS
    covered = float(shares.mean()) if enough else float("nan")
    stretches = np.convolve(shares, np.full(FEWEST_LOOKS, 1.0 / FEWEST_LOOKS), "valid") if enough else [float("nan")]
    return Verdict(
        case=case.name,
        group=case.group,
        seed=seed,
        because="; ".join(_faulty(case, sitting, looks, covered)),
        named=sitting.faults,
        named_s=None if first is None else first.at_s - from_s,
        covered=covered,
        worst=float(np.min(stretches)),
        error_degC=max((look.error_degC for look in trusted), key=abs, default=float("nan")),
        hottest_degC=max((look.hottest_degC for look in looks), default=float("nan")),
        over_guard_degC=max((look.over_guard_degC for look in looks), default=float("nan")),
    )


def _faulty(case: Misleading, sitting: Sitting, looks: Sequence[Look], covered: float) -> list[str]:
    found = []
    if not looks:
        found.append("no image was seen")
    hottest = max((look.hottest_degC for look in looks), default=0.0)
    if hottest > TARGET_MAX_DEGC:
        found.append(f"the target was at {hottest:.2f} degC")
    if any(look.over_guard_degC > 0.0 for look in looks):
        found.append("a guard region passed its limit")
    if covered < LEAST_COVERED:
        found.append(f"{covered:.0%} of the truth inside the bounds")
    if case.clean and sitting.faults:
        found.append(f"false alarm {' '.join(sitting.faults)}")
    wrong = sorted(CAUSED_BY_OTHERS & set(sitting.faults))
    return found + ([f"named {' '.join(wrong)}"] if wrong else [])
