"""What a check answers: may energy start, may it continue, on which bound, and which fault it names."""

import attrs

from syntherm.core.faults import Code


@attrs.frozen
class Verdict:
    """`code` is the fault when the check fails. `measured` and `limit` are None where nothing was measured."""

    may_start: bool
    may_continue: bool
    code: Code | None = None
    detail: str = ""
    measured: float | None = None
    limit: float | None = None
    unit: str = ""


def passed(measured: float | None = None, limit: float | None = None, unit: str = "") -> Verdict:
    """Nothing is wrong."""
    return Verdict(True, True, None, "", measured, limit, unit)


def failed(
    code: Code, detail: str, measured: float | None = None, limit: float | None = None, unit: str = ""
) -> Verdict:
    """Energy may neither start nor continue."""
    return Verdict(False, False, code, detail, measured, limit, unit)


def not_yet(detail: str) -> Verdict:
    """What is needed to start is not known yet; nothing is wrong with what goes on."""
    return Verdict(False, True, None, detail)


def at_most(value: float, limit: float, unit: str, code: Code, what: str) -> Verdict:
    """Fails unless value <= limit; not a number fails."""
    if value <= limit:
        return passed(value, limit, unit)
    return failed(code, f"{what} {value:.2f} {unit}, limit {limit:.2f} {unit}", value, limit, unit)
