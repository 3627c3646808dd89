"""Energy lent against heat seen: what the target's mean may have risen, and what it must have risen.

A lumped target. At most, each joule warms it as the test sonication showed, times the plan's factor, and nothing is
lost. At least, each joule warms it by that over the factor, and heat is lost as fast as the plan says. An image that
is frozen, shifted or scaled leaves these bounds; tissue does not.
"""

from math import exp, hypot, sqrt

import attrs

from syntherm.core.bounds import Bounded
from syntherm.core.loan import Loan
from syntherm.core.plan.values import Vigilance

_MOST_LOANS = 64


@attrs.frozen
class Look:
    """One image: energy lent until it was acquired, and the target's mean rise with the bounds of its own noise."""

    acquired_s: float
    energy_J: float
    rise: Bounded


@attrs.frozen
class Balance:
    """The last images, and the least rise that the energy explains so far.

    `rest`: the target's mean rise before any energy. `per_J`: its rise per joule, as the test sonication showed it;
    None before. `least_degC`: lower bound by the lumped target.
    """

    looks: tuple[Look, ...] = ()
    energy_J: float = 0.0
    seen_s: float | None = None
    rest: Bounded | None = None
    per_J: Bounded | None = None
    least_degC: float = 0.0


def lend(loans: tuple[Loan, ...], loan: Loan) -> tuple[Loan, ...]:
    """The loans with a new one, which ends the one before; only the latest are kept."""
    earlier = tuple(attrs.evolve(old, until_s=min(old.until_s, loan.from_s)) for old in loans)
    return (*earlier, loan)[-_MOST_LOANS:]


def running(loans: tuple[Loan, ...], at_s: float) -> tuple[Loan, ...]:
    """The loans that reach beyond a moment."""
    return tuple(loan for loan in loans if loan.until_s > at_s)


def booked(balance: Balance, loans: tuple[Loan, ...], acquired_s: float, watching: Vigilance) -> Balance:
    """The balance with the energy of the time since the image before."""
    since_s = acquired_s if balance.seen_s is None else balance.seen_s
    energy_J = sum(loan.energy_J(since_s, acquired_s) for loan in loans)
    kept = exp(-max(acquired_s - since_s, 0.0) / watching.balance_loss_s)
    per_J = 0.0 if balance.per_J is None else max(balance.per_J.lower, 0.0) / watching.balance_factor
    return attrs.evolve(
        balance,
        energy_J=balance.energy_J + energy_J,
        seen_s=acquired_s,
        least_degC=(balance.least_degC + per_J * energy_J) * kept,
    )


def looked(balance: Balance, rise: Bounded, watching: Vigilance) -> Balance:
    """The balance with an image's rise; the oldest beyond the plan's number are forgotten."""
    if balance.seen_s is None or not rise.known:
        return balance
    looks = (*balance.looks, Look(balance.seen_s, balance.energy_J, rise))[-watching.balance_frames :]
    return attrs.evolve(balance, looks=looks, rest=_mean(looks) if balance.energy_J == 0.0 else balance.rest)


def _mean(looks: tuple[Look, ...]) -> Bounded:
    estimate = sum(look.rise.estimate for look in looks) / len(looks)
    half = sqrt(sum((look.rise.upper - look.rise.estimate) ** 2 for look in looks)) / len(looks)
    return Bounded(estimate, estimate - half, estimate + half)


def responded(balance: Balance) -> Balance:
    """The balance with the rise per joule that the last image shows, after a test sonication."""
    if balance.rest is None or not balance.looks or not balance.energy_J > 0.0:
        return balance
    now, rest = balance.looks[-1].rise, balance.rest
    energy_J, rise = balance.energy_J, now.estimate - rest.estimate
    half = hypot(now.upper - now.estimate, rest.upper - rest.estimate)
    return attrs.evolve(balance, per_J=Bounded(rise / energy_J, (rise - half) / energy_J, (rise + half) / energy_J))


def response_known(balance: Balance) -> bool:
    """Whether a test sonication has shown what a joule does; before, nothing can be compared."""
    return balance.per_J is not None


def unexplained_degC(balance: Balance, watching: Vigilance) -> float:
    """Rise of the target's mean since any kept image, beyond what the energy lent since then can explain at most."""
    if balance.per_J is None or not balance.looks:
        return 0.0
    now, most = balance.looks[-1], max(balance.per_J.upper, 0.0) * watching.balance_factor
    return max(now.rise.estimate - was.rise.estimate - most * (now.energy_J - was.energy_J) for was in balance.looks)


def missing_degC(balance: Balance) -> float:
    """Rise that the energy must have made at least, beyond the upper bound of what is seen."""
    if balance.per_J is None or not balance.looks:
        return 0.0
    return balance.least_degC - balance.looks[-1].rise.upper
