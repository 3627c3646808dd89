"""The variables of the model: what each stands for, and the range that it cannot leave.

Times are ages in ticks, cut at one tick beyond the last limit that anybody compares them with.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import attrs

from syntherm.core.machine import Phases
from syntherm.core.vocabulary import REGIONS
from syntherm_verify.model.constants import Constants


@attrs.frozen
class Variable:
    """One variable. `part`: controller, device, environment or monitor."""

    name: str
    least: int
    most: int
    initial: int
    part: str
    means: str


def _people(name: str, part: str, means: str) -> Variable:
    return Variable(name, 0, 3, 0, part, f"who {means}: 1 = operator-a, 2 = operator-b, 3 = both")


def _flag(name: str, part: str, means: str) -> Variable:
    return Variable(name, 0, 1, 0, part, means)


REGION_NAMES: Final = tuple(region.__name__.lower() for region in REGIONS)


def regions() -> tuple[Variable, ...]:
    """The four regions of the table; a number stands for each state in the order of its enum."""
    return tuple(
        Variable(name, 0, len(region) - 1, 0, "controller", f"state of the {name} region")
        for name, region in zip(REGION_NAMES, REGIONS, strict=True)
    )


def code(state: Enum) -> int:
    """The number that stands for a state of a region."""
    return list(type(state)).index(state)


def phases(values: Mapping[str, int]) -> Phases:
    """Where the regions stand, of a state's numbers."""
    return Phases(*(list(region)[values[name]] for name, region in zip(REGION_NAMES, REGIONS, strict=True)))  # type: ignore[arg-type]


def variables(k: Constants) -> tuple[Variable, ...]:
    """All of them; the order is the order in which engines list them."""
    age = max(k.frame_loss, 2 * k.frame_age, k.frame_age + k.clock_step) + 1
    over = k.volume + k.dead_volume + 1
    c, d, e, m = "controller", "device", "environment", "monitor"
    return (
        *regions(),
        _people("two", c, "confirmed the setup item, of those that need two people, that is looked at"),
        _flag("one", c, "the setup item, of those that need one person, that is looked at is confirmed"),
        _people("accepts", c, "accepted the calibration"),
        _people("resets", c, "reset with a reason"),
        _flag("opened", c, "the patient stop was seen to open in setup"),
        Variable("silent", 0, max(k.clock_step, k.longest) + 1, 0, c, "ticks since the controller's last event"),
        Variable("image", 0, age, age, c, "ticks since the last accepted image was acquired"),
        _flag("ranged", c, "the last look was in range"),
        Variable("dwell", 0, k.dwell, 0, c, "ticks in range without a break, cut at the dwell"),
        Variable("total", 0, k.prescribed, 0, c, "ticks in range, cut at the prescribed time"),
        Variable("out", -1, k.loss_of_range + 1, -1, c, "ticks since range was lost; -1 where it is not lost"),
        Variable("heat", 0, k.longest + 1, 0, c, "ticks in the heating states, cut beyond the longest"),
        Variable("test", 0, k.test_frames, 0, c, "leases granted to the test sonication"),
        Variable("rest", -k.lease, k.settling, k.settling, c, "ticks since the last energy; below 0 while it is lent"),
        _flag("learned", c, "a baseline is learned"),
        _flag("thermal", c, "the last image gave temperatures"),
        _flag("by_reset", c, "a fault stands that blocks energy until people reset"),
        _flag("for_good", c, "a fault stands that blocks energy for good"),
        _flag("unconfirmed", c, "a command that takes away was not confirmed"),
        Variable("known", 0, over, 0, c, "the pump's count at the last look"),
        Variable("patient", 0, k.volume + 1, 0, c, "what has reached the patient, by the account"),
        _flag("unheard", c, "a command that takes away has just failed; the next event says so"),
        Variable("lease", 0, k.lease, 0, d, "ticks for which the generator goes on by itself"),
        Variable("watch", 0, k.watchdog, 0, d, "ticks for which the pump goes on by itself"),
        Variable("pumped", 0, over, 0, d, "the pump's count"),
        _flag("deaf", e, "commands that take away do not reach the devices"),
        _people("m_two", m, "confirmed that item since the last abort"),
        _flag("m_one", m, "that item was confirmed since the last abort"),
        _flag("m_opened", m, "the patient stop opened in setup since the last abort"),
        _people("m_resets", m, "acted to reset since the last abort"),
        _people("m_accepts", m, "accepted since the calibration began"),
        Variable("m_age", 0, age, age, m, "ticks since the last accepted image was acquired"),
        Variable("m_frame", 0, k.lease, k.lease, m, "ticks since the last accepted image came"),
        _flag("m_ranged", m, "the last accepted image showed the target in range"),
        Variable("m_dwell", 0, k.dwell, 0, m, "ticks between images in range, without a break"),
        Variable("m_out", 0, k.loss_of_range + 1, 0, m, "ticks since the target was known in range"),
        Variable("m_heat", 0, k.longest + k.lease + 1, 0, m, "ticks in the heating states"),
        Variable("m_rest", 0, k.settling, k.settling, m, "ticks since energy last flowed"),
        Variable("m_total", 0, k.prescribed, 0, m, "ticks between images in range, all of them"),
        Variable("m_test", 0, k.test_frames, 0, m, "accepted images with a temperature in the test sonication"),
        _flag("m_precise", m, "the baseline was learned with good precision"),
        _flag("m_tested", m, "the test sonication's response was good"),
        _flag("m_blocked", m, "a fault that only people clear came up since the last reset"),
        _flag("m_for_good", m, "a fault that never clears came up"),
        _flag("m_over", m, "the infusion was done or failed"),
    )  # fmt: skip
