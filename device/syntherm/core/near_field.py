"""The near field's energy: what was lent lately, and what may still be lent within the plan's window.

All power passes the near field on its way, whatever it is aimed at. A lease counts whole, also where it was taken away
early: whether it ended then is not known.
"""

from math import inf

from syntherm.core.loan import Loan
from syntherm.core.plan.values import Plan


def lately(sent: tuple[Loan, ...], plan: Plan, at_s: float) -> tuple[Loan, ...]:
    """What still counts; nothing is kept for a plan without a budget."""
    if plan.control is None:
        return ()
    return tuple(each for each in sent if each.until_s > at_s - plan.control.near_field_window_s)


def most_W(sent: tuple[Loan, ...], plan: Plan, at_s: float) -> float:
    """The power that a whole lease may have: the plan's, or what its budget leaves, W."""
    if plan.control is None:
        return plan.sonication.max_power_W
    # The coming lease belongs to the window, so that its energy and what is in the window then stay within.
    since_s = at_s + plan.sonication.lease_s - plan.control.near_field_window_s
    left_J = plan.control.near_field_energy_J - sum(each.energy_J(since_s, inf) for each in sent)
    return min(plan.sonication.max_power_W, max(left_J, 0.0) / plan.sonication.lease_s)
