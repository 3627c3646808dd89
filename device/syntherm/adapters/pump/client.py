"""The Pump port over an NE-1000. Who feeds the pump's watchdog, and when, is the whole of it.

The pump stops by itself a set time after the last valid packet, and any packet counts: asking how it does keeps it
running. So three rules:

1. The pump's watchdog is half of the plan's, in whole seconds. A controller that dies is followed by that, at most.
2. To a pump that may run nothing is sent but STP, unless the packet, its answer and a whole watchdog after it end
   before the grant does. Whoever keeps asking therefore cannot keep it running: its last packet is early enough.
3. In the rest of the grant it is not asked: `report` says None. When its watchdog must have ended it, or the grant is
   over, `report` sends STP and reads back before it asks anything else.

4. A pump that answers a stop by running on is sent nothing for a watchdog: only that is left to end it.

A grant is renewed by every image, before rule 3 comes into play. A pump that was stopped by its own watchdog says so by
an alarm: the end of a loan, so it is no fault, unless it comes earlier than it may.

RUN after a stop could go on with the phase or begin it anew: which is not known of every firmware. So every start is
from STOPPED, with a volume target of what is left of the limit. The counter may hide as much as one step of its last
digit; that much is taken off, so the limit holds at the syringe, and an infusion that was interrupted may end up to
two steps short of it (0.02 mL above 10 mL).
"""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Final

import attrs

from syntherm.adapters.line import Line
from syntherm.adapters.pump.digits import NoNumber, exactly, last_digit, rounded_down
from syntherm.adapters.pump.lease import ASKING_FAILED, LeasedTalk, Out, Refused
from syntherm.adapters.pump.replies import (
    ALARM_WORDS,
    STILL,
    Dispensed,
    Firmware,
    Status,
    count,
    dispensed,
    nothing,
    rate_ml_per_h,
    volume_ml,
)
from syntherm.adapters.pump.setting import NotSet, Site, enter, identified, set_all
from syntherm.adapters.pump.talk import ANSWER_S, AlarmStands, Answer
from syntherm.core.commands import GrantInfusion
from syntherm.core.events import PumpReport
from syntherm.ports.equipment import PortError

_STOPPING: Final = 3
_SHORTEST_WATCHDOG_S: Final = 2
"""The session asks once a second: a watchdog of 1 s would end a good infusion."""
_TROUBLE: Final = (*ASKING_FAILED, NotSet, NoNumber)


def watchdog_of(plan_s: float) -> int:
    """The pump's own time-out in s for a plan's watchdog. Raises PortError if the plan leaves too little."""
    half = int(plan_s / 2.0)
    if not _SHORTEST_WATCHDOG_S <= half <= 255:
        raise PortError(f"plan's pump watchdog {plan_s:g} s: this pump takes {2 * _SHORTEST_WATCHDOG_S} s to 511 s")
    return half


class NewEraPump:
    """One pump with one syringe. Nothing but `begin` or `resume` makes it usable."""

    def __init__(
        self, line: Line, now_s: Callable[[], float], site: Site, *, syringe_ml: float, plan_watchdog_s: float
    ) -> None:
        """`syringe_ml` is what was loaded, `plan_watchdog_s` the plan's. Raises PortError for too short a watchdog."""
        self._now_s = now_s
        self._site = site
        self._syringe = exactly(syringe_ml)
        self._pump = LeasedTalk(line, now_s, site.address, watchdog_of(plan_watchdog_s))
        self._begun = False
        self._untouched = False
        self._ended: Out | None = None
        self._still_ml: Decimal | None = None

    def begin(self) -> Firmware:
        """Set up a new syringe: counters begin at 0. Raises PortError unless all reads back as set.

        The alarms of a power-up and of a former session's end are cleared by this; any other is, too, but refused once.
        """
        return self._set_up(keep_count=False)

    def resume(self) -> Firmware:
        """Go on with the same syringe after a restart: the pump's count is kept. Raises PortError if it was reset."""
        return self._set_up(keep_count=True)

    def grant(self, infusion: GrantInfusion) -> None:
        """Start, or let run on. Raises PortError unless rate, volume target and watchdog read back while it runs."""
        try:
            self._grant(infusion)
        except _TROUBLE as error:
            # It may have started, or run on from before: what is not confirmed must not run.
            with suppress(*_TROUBLE):
                self._halt()
            raise PortError(f"infusion refused: {error}") from error

    def hold(self) -> None:
        """Stop, and read back. Raises PortError unless it stands."""
        try:
            self._halt()
        except _TROUBLE as error:
            raise PortError(f"hold not confirmed: {error}") from error

    def report(self) -> PumpReport | None:
        """What it says now; None if it says nothing, was never set up, or cannot be asked without running on."""
        if not self._begun:
            return None
        try:
            self._pump.listen()
            return self._read() if self._pump.askable() else None
        except _TROUBLE:
            return None

    def _halt(self) -> None:
        self._still_ml = self._pump.halt().infused_ml

    # Reporting.

    def _read(self) -> PumpReport:
        watchdog_s = self._pump.query("SAF", count).value
        rate = self._pump.query("RAT", rate_ml_per_h).value
        found = self._pump.query("DIS", dispensed)
        moving = self._moving(found)
        if moving and self._pump.out is None:
            # Nothing was granted. It is told to stop at once; the report says that it ran.
            with suppress(*_TROUBLE):
                self._halt()
        pumped, alarm = found.value.infused_ml, self._pump.latched
        return PumpReport(
            infusing=moving,
            pumped_ml=float(pumped),
            rate_ml_per_h=float(rate),
            syringe_ml=float(self._syringe - pumped),
            watchdog_s=float(watchdog_s),
            alarm=None if alarm is None else ALARM_WORDS[alarm],
        )

    def _moving(self, found: Answer[Dispensed]) -> bool:
        # A pump that says that it stands while its counter grows does not stand.
        if found.status not in STILL:
            return True
        pumped, before = found.value.infused_ml, self._still_ml
        if self._pump.out is not None:
            self._pump.out, self._ended = None, self._pump.out
        self._still_ml = pumped
        return before is not None and pumped > before

    # Granting.

    def _grant(self, infusion: GrantInfusion) -> None:
        if not self._begun:
            raise Refused("the pump is not set up")
        self._pump.listen()
        self._pump.refuse_alarm()
        left_s = infusion.until_s - self._now_s()
        if left_s < self._pump.watchdog_s + ANSWER_S:
            raise Refused(f"{left_s:.2f} s are left of it, and the pump's watchdog takes {self._pump.watchdog_s} s")
        rate = rounded_down(infusion.rate_ml_per_h)
        limit = min(exactly(infusion.volume_limit_ml), self._syringe)
        if rate <= 0:
            raise Refused(f"rate {infusion.rate_ml_per_h:g} mL/h is below the pump's last digit")
        out = self._pump.out
        if out is not None and (out.rate, out.limit) != (rate, limit):
            self._halt()
            out = None
        if out is None or not self._renewed(attrs.evolve(out, until_s=infusion.until_s)):
            self._start(infusion.until_s, rate, limit)

    def _renewed(self, out: Out) -> bool:
        """Whether it runs on as told. False: it must be started."""
        self._pump.out = out
        try:
            status = self._read_back(out.rate, out.target)
        except AlarmStands:
            self._pump.refuse_alarm()
            return False
        if status is Status.INFUSING:
            return True
        if status not in STILL:
            raise Refused(f"it reads back {status.name.lower()}")
        self._pump.out, self._ended = None, out
        return False

    def _read_back(self, rate: Decimal, target: Decimal) -> Status:
        watchdog_s = self._pump.ask("SAF", count).value
        volume = self._pump.ask("VOL", volume_ml).value
        found = self._pump.ask("RAT", rate_ml_per_h)
        if (watchdog_s, volume, found.value) != (self._pump.watchdog_s, target, rate):
            raise Refused(
                f"read back watchdog {watchdog_s} s, {volume} mL, {found.value} mL/h; "
                f"expected {self._pump.watchdog_s} s, {target} mL, {rate} mL/h"
            )
        return found.status

    def _start(self, until_s: float, rate: Decimal, limit: Decimal) -> None:
        counted = self._stopped()
        if counted.withdrawn_ml:
            raise Refused(f"the pump has withdrawn {counted.withdrawn_ml} mL, and nothing was to be withdrawn")
        hidden = Decimal(0) if self._untouched else last_digit(counted.infused_ml)
        target = rounded_down(float(max(Decimal(0), limit - counted.infused_ml - hidden)))
        if target <= 0:
            # A target of 0 would mean no target to this pump. Nothing is left to give, so nothing is started.
            return
        ended, self._ended = self._ended, None
        if ended is not None and counted.infused_ml < ended.ends_ml - 2 * last_digit(ended.ends_ml):
            raise Refused("it was stopped at the pump itself")
        self._pump.ask(f"VOL{target}", nothing)
        self._pump.ask(f"RAT{rate}MH", nothing)
        if self._read_back(rate, target) is not Status.STOPPED:
            raise Refused("it moves before it is started")
        self._pump.out = Out(until_s, rate, limit, target, counted.infused_ml + target)
        self._still_ml, self._untouched = None, False
        if self._pump.ask("RUN", nothing).status is not Status.INFUSING:
            raise Refused("told to run, it does not")
        # Stopped by now only if what was left is pumped already.
        if self._read_back(rate, target) not in (Status.INFUSING, Status.STOPPED):
            raise Refused("told to run, it does something else")

    def _stopped(self) -> Dispensed:
        """Bring it from paused to stopped, where a start begins the phase anew; the counts as they stand there."""
        for _ in range(_STOPPING):
            found = self._pump.query("DIS", dispensed)
            self._pump.refuse_alarm()
            if found.status not in STILL:
                raise Refused(f"it is {found.status.name.lower()}, and nothing was granted")
            if found.status is Status.STOPPED:
                return found.value
            self._pump.ask("STP", nothing)
        raise Refused("it stays paused: expected stopped after STP")

    # Setting up.

    def _set_up(self, *, keep_count: bool) -> Firmware:
        pump = self._pump
        self._begun = False
        self._ended = pump.out = pump.latched = None
        try:
            enter(pump, keep_count=keep_count)
            pump.halt()
            counted = self._stopped()
            found = identified(pump.ask)
            set_all(pump.ask, self._site, keep_count=keep_count)
            watchdog_s = pump.ask("SAF", count).value
            if watchdog_s != pump.watchdog_s:
                raise NotSet(f"SAF: read back {watchdog_s} s, expected {pump.watchdog_s} s")
        except _TROUBLE as error:
            raise PortError(f"pump not set up: {error}") from error
        self._still_ml = counted.infused_ml if keep_count else Decimal(0)
        self._untouched = not keep_count
        self._begun = True
        return found
