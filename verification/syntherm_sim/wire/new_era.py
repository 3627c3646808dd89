"""A New Era NE-1000 on its wire: basic and safe mode, watchdog, alarms, program, non-volatile settings, and faults.

In the place of the in-process SyringePump, it has the same `live`, `pumped_ml` and `occlude`.
"""

import math
from collections.abc import Callable
from typing import Final

from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.new_era_commands import VERSION, carried_out
from syntherm_sim.wire.new_era_frames import BAD_FRAME, Inbox, basic_frame, safe_frame
from syntherm_sim.wire.new_era_motor import Motor, Phase

SLOW_S: Final = 0.4
"""Longer than a client of a syringe pump may wait."""
LIE: Final = 1.3


class NewEra:
    """A pump as its last user left it: basic mode, a second phase that pumps on, and the alarm of a power-up."""

    def __init__(self, now_s: Callable[[], float], syringe_ml: float, address: int = 0) -> None:
        """`syringe_ml` is what the loaded syringe holds."""
        self._now_s = now_s
        self._at_s = now_s()
        self._address = address
        self._inbox = Inbox()
        self._saying: list[tuple[float, bytes]] = []
        self._said: dict[str, str] = {}
        self._before = ""
        self._failed: set[WireFault] = set()
        self._due_s = math.inf
        self.fault: WireFault | None = None
        self.program = {number: Phase(rate=400.0, volume_ml=0.0) for number in range(1, 42)}
        self.motor = Motor(syringe_ml, self.program, lambda: None, lambda: self.alarm_now("S"))
        self.selected_phase = 1
        self.diameter_mm = 20.0
        self.volume_unit = "ML"
        self.timeout_s = 0
        self.power_failure = 1
        self.paused = False
        self.alarm: str | None = "R"

    @property
    def pumped_ml(self) -> float:
        """What has really left the syringe."""
        self._pass_to(self._now_s())
        return self.motor.pumped_ml

    @property
    def selected(self) -> Phase:
        """The phase that settings go to."""
        return self.program[self.selected_phase]

    @property
    def status(self) -> str:
        """The prompt."""
        if self.motor.running:
            return "I" if self.program[self.motor.phase].direction == "INF" else "W"
        return "P" if self.paused else "S"

    def live(self, from_s: float, to_s: float) -> None:
        """Pass time."""
        self._pass_to(to_s)

    def occlude(self) -> None:
        """The line is blocked: the motor stalls."""
        self._pass_to(self._now_s())
        self.alarm_now("S")

    def press_start_stop(self) -> None:
        """A hand on the pump's own key."""
        self._pass_to(self._now_s())
        carried_out(self, "STP" if self.motor.running else "RUN")

    def lose_power(self) -> None:
        """A moment without power: settings stay, counters and whatever ran do not."""
        self.motor.infused_ml = self.motor.withdrawn_ml = 0.0
        self.selected_phase, self._due_s = 1, math.inf
        self.alarm_now("R")

    def alarm_now(self, kind: str) -> None:
        """Stop the program, and say why; in safe mode also unasked, which acknowledges nothing."""
        self.motor.running = self.paused = False
        self.alarm = kind
        if self.timeout_s:
            self._saying.append((self._now_s(), safe_frame(f"{self._address:02d}A?{kind}")))

    def answer(self, data: bytes) -> bytes:
        """The replies to these bytes."""
        now_s = self._now_s()
        self._pass_to(now_s)
        said = b"".join(
            self._damaged(self._replied(command, framed))
            for command, framed in self._inbox.take(data, now_s, self.timeout_s > 0)
        )
        if self.fault is WireFault.SLOW and said:
            self._saying.append((now_s + SLOW_S, said))
            return b""
        return said

    def unasked(self) -> bytes:
        """Alarms, and answers that come too late."""
        now_s = self._now_s()
        self._pass_to(now_s)
        due = b"".join(data for at_s, data in self._saying if at_s <= now_s)
        self._saying = [(at_s, data) for at_s, data in self._saying if at_s > now_s]
        return b"" if self.fault is WireFault.MUTE else due

    def _pass_to(self, now_s: float) -> None:
        self._fail_once()
        self.motor.slip = LIE if self.fault is WireFault.LIES else 1.0
        if self._due_s <= now_s:
            self.motor.move(self._due_s - self._at_s)
            self._at_s, self._due_s = max(self._at_s, self._due_s), math.inf
            self.alarm_now("T")
        self.motor.move(now_s - self._at_s)
        self._at_s = max(self._at_s, now_s)

    def _fail_once(self) -> None:
        if self.fault not in (WireFault.ALARM, WireFault.RESET) or self.fault in self._failed:
            return
        self._failed.add(self.fault)
        if self.fault is WireFault.ALARM:
            self.alarm_now("S")
        else:
            self.lose_power()

    def _replied(self, command: str, framed: bool) -> bytes:
        if command == BAD_FRAME:
            return self._frame(self.status + BAD_FRAME, True)
        digits = len(command) - len(command.lstrip("0123456789"))
        address, command = command[:digits], command[digits:]
        if address and int(address) != self._address:
            return b""
        said = self._obeyed(command, framed)
        if said.startswith("A?"):
            return self._frame(said, framed)
        return self._frame(self._disguised(command, said), self.timeout_s > 0)

    def _obeyed(self, command: str, framed: bool) -> str:
        if self.alarm is not None:
            # Told to a host that asked: acknowledged, and the command is not carried out.
            said, self.alarm = f"A?{self.alarm}", None
        elif command == "STP" and self.fault is WireFault.IGNORES_OFF:
            said = "P"
        else:
            data = carried_out(self, command)
            said = self.status + data if self.alarm is None else f"A?{self.alarm}"
        # Any valid packet feeds the watchdog; alone, it is asleep until the first.
        self._due_s = self._now_s() + self.timeout_s if self.timeout_s and framed else math.inf
        return said

    def _disguised(self, command: str, said: str) -> str:
        """The reply that a fault puts in the place of the true one."""
        before, self._before = self._before or self.status, said
        if self.fault is WireFault.STUCK:
            return self._said.setdefault(command, said)
        self._said[command] = said
        if self.fault is WireFault.WRONG_REPLY:
            return self.status + ("20.00" if command == "VER" else VERSION)
        return before if self.fault is WireFault.OTHERS_REPLY else said

    def _frame(self, said: str, framed: bool) -> bytes:
        data = f"{self._address:02d}{said}"
        return safe_frame(data) if framed else basic_frame(data)

    def _damaged(self, said: bytes) -> bytes:
        if self.fault is WireFault.MUTE:
            return b""
        if self.fault is WireFault.HALF:
            return said[: len(said) // 2]
        if self.fault is WireFault.GARBLED and said:
            middle = len(said) // 2
            return said[:middle] + bytes([said[middle] ^ 0x41]) + said[middle + 1 :]
        return said
