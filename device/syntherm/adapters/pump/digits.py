"""Numbers as the pump takes and shows them: at most four digits, of which at most three are decimals.

A number that needs more is rounded down, never up: a rate or a volume limit may be lower than asked, not higher. What
binary fractions add or lose (a part in 1e13) is no digit: 47.97 + 3.0 is 50.97.
"""

import math
import re
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

_MOST_DECIMALS: Final = 3
_DIGITS: Final = 4
_NUMBER: Final = re.compile(r"(?=[0-9.]{1,5}\Z)(?:[0-9]{1,4}(?:\.[0-9]{0,3})?|\.[0-9]{1,3})")
_CLEAN: Final = Context(prec=13, rounding=ROUND_HALF_EVEN)


class NoNumber(ValueError):
    """Text that is no number of the pump, or a number that it cannot hold. One line."""


def decimals_of(value: Decimal) -> int:
    """How many decimals the pump shows at this magnitude."""
    whole = len(str(int(value))) if value >= 1 else 1
    return min(_MOST_DECIMALS, _DIGITS - whole)


def exactly(value: float) -> Decimal:
    """A finite number without the noise of binary fractions. Raises NoNumber."""
    if not (math.isfinite(value) and value >= 0.0):
        raise NoNumber(f"{value!r}: expected a finite number, not below 0")
    # Without its sign: that of minus zero would be sent.
    return _CLEAN.create_decimal(Decimal(abs(value)))


def rounded_down(value: float) -> Decimal:
    """The largest number of the pump that is not above `value`. Raises NoNumber if it holds none."""
    exact = exactly(value)
    if exact >= 10**_DIGITS:
        raise NoNumber(f"{value!r}: expected a number from 0 to below {10**_DIGITS}")
    return exact.quantize(Decimal(1).scaleb(-decimals_of(exact)), rounding=ROUND_FLOOR)


def last_digit(value: Decimal) -> Decimal:
    """What one step of the last digit shown means at this magnitude: more may have been pumped, but less than that."""
    return Decimal(1).scaleb(-decimals_of(value))


def parse_number(text: str) -> Decimal:
    """A number as the pump sends it. Raises NoNumber."""
    if not _NUMBER.fullmatch(text) or sum(c.isdigit() for c in text) > _DIGITS:
        raise NoNumber(f"{text[:24]!a}: expected at most {_DIGITS} digits with at most {_MOST_DECIMALS} decimals")
    return Decimal(text)
