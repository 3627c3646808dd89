"""From a lease to the numbers that a TPO takes. One focal point on its axis: anything else is refused by name."""

import math

import attrs

from syntherm.adapters.transducer.tpo_settings import US_PER_S, TpoSettings
from syntherm.core.commands import GrantLease

_UM_PER_MM = 1000.0


class LeaseRefused(Exception):
    """A TPO cannot hold that lease. One line: what was asked, what it can do."""


@attrs.frozen
class TpoLease:
    """Power in mW of GLOBALPOWER, focus in um."""

    power_mW: int
    focus_um: int


def timer_counts(length_s: float, settings: TpoSettings) -> int:
    """The longest TIMER that ends within `length_s`. Raises LeaseRefused if none does."""
    counts = math.floor(length_s * US_PER_S / settings.timer_unit_us)
    if counts < 1:
        raise LeaseRefused(f"{length_s:.6f} s are left: the timer's least is {settings.timer_unit_us} us")
    return counts


def programmed(lease: GrantLease, now_s: float, settings: TpoSettings) -> TpoLease | None:
    """What to set for a lease; None for one without power. Raises LeaseRefused."""
    length_s = lease.until_s - now_s - settings.start_s
    if not 0.0 < length_s <= settings.max_lease_s:
        raise LeaseRefused(f"a lease of {length_s:.3f} s: above 0 s and at most {settings.max_lease_s} s")
    timer_counts(length_s, settings)
    points = tuple(point for point in lease.points if point.power_W != 0.0)
    if not points:
        return None
    if len(points) > 1:
        raise LeaseRefused(f"{len(points)} focal points: a TPO has one")
    (point,) = points
    if not (math.isfinite(point.power_W) and point.power_W > 0.0):
        raise LeaseRefused(f"{point.power_W} W: expected a finite power of 0 W or more")
    power_mW = math.floor(point.power_W / settings.acoustic_W_per_mW)
    if not 1 <= power_mW <= settings.max_power_mW:
        raise LeaseRefused(f"{point.power_W:.4f} W is {power_mW} mW of GLOBALPOWER: 1 to {settings.max_power_mW} mW")
    return TpoLease(power_mW, _focus_um(point.aim_mm, settings))


def _focus_um(aim_mm: tuple[float, float, float], settings: TpoSettings) -> int:
    away = tuple(at - origin for at, origin in zip(aim_mm, settings.origin_mm, strict=True))
    depth_mm = sum(a * b for a, b in zip(away, settings.axis, strict=True))
    beside_mm = math.dist(away, tuple(depth_mm * part for part in settings.axis))
    if not beside_mm <= settings.off_axis_mm:
        raise LeaseRefused(
            f"aim {aim_mm} mm lies {beside_mm:.2f} mm beside the axis: at most {settings.off_axis_mm} mm"
        )
    if not settings.focus_min_mm <= depth_mm <= settings.focus_max_mm:
        raise LeaseRefused(
            f"aim {aim_mm} mm lies {depth_mm:.2f} mm deep: FOCUS reaches {settings.focus_min_mm}"
            f" to {settings.focus_max_mm} mm"
        )
    return round(depth_mm * _UM_PER_MM)
