"""The guardian's own reading of the patient's contact: RTS runs through it to CTS, DTR through a second one to DSR.

RTS goes off for a short time at regular intervals; CTS must be what RTS is, soon after each change; DSR must be on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContactTimes:
    """`pulse_every_s` from pulse to pulse; `low_s` a pulse; `follow_s` until CTS must show it."""

    pulse_every_s: float
    low_s: float
    follow_s: float


class Contact:
    """Closed after one whole pulse without fault; any fault begins anew."""

    def __init__(self, times: ContactTimes) -> None:
        self._times = times
        self._changed_s: float | None = None
        self.rts = True
        self._seen_low = False
        self.closed = False

    def look(self, at_s: float, levels: tuple[bool, bool] | None) -> bool:
        """Take in (CTS, DSR) as read at `at_s`, None if unreadable; True if `rts` is to be driven anew."""
        if levels is None or self._changed_s is None:
            return self._fault(at_s)
        cts, dsr = levels
        since_s = at_s - self._changed_s
        settled = since_s > self._times.follow_s
        if since_s < 0.0 or not dsr or (settled and cts is not self.rts):
            return self._fault(at_s)
        if self.rts:
            return self._high(at_s, since_s, cts)
        self._seen_low = self._seen_low or not cts
        if since_s < self._times.low_s or not self._seen_low:
            return False
        self.rts, self._changed_s = True, at_s
        return True

    def _high(self, at_s: float, since_s: float, cts: bool) -> bool:
        if cts and self._seen_low:
            self.closed, self._seen_low = True, False
        if not cts and self._times.follow_s < since_s:
            return self._fault(at_s)
        if since_s < (self._times.pulse_every_s if self.closed else self._times.follow_s) or not cts:
            return False
        self.rts, self._seen_low, self._changed_s = False, False, at_s
        return True

    def _fault(self, at_s: float) -> bool:
        self.closed = self._seen_low = False
        self.rts, self._changed_s = True, at_s
        return True
