"""A four-channel TPO with its transducer, on a line of ASCII. It obeys ARM and refuses what the real one refuses."""

from collections.abc import Callable
from typing import Final

import attrs

from syntherm.core.commands import FocalPower
from syntherm_sim.faults.wire import WireFault

GREETING: Final = "TPO-203-035 4CH V5.2"
SLOW_s: Final = 1.0
_MAX_LINE: Final = 200
_DEFAULTS: Final = {
    "LOCAL": 1, "GLOBALFREQ": 500_000, "GLOBALPOWER": 0, "FOCUS": 50_000, "BURST": 100, "PERIOD": 1000, "TIMER": 1000,
}  # fmt: skip
_MAX_POWER_mW: Final = 60_000
_ERROR: Final = "E1"
_FAULT: Final = "E2"


@attrs.frozen
class Beam:
    """The transducer as built: what comes out as sound of each electrical watt, where, and what TIMER counts."""

    acoustic_per_electrical: float
    origin_mm: tuple[float, float, float]
    axis: tuple[float, float, float]
    timer_unit_s: float = 1e-6


class TpoSimulator:
    """`answer` and `unasked` are its line; `open` is what the opening of the port does to it: reset and greeting."""

    def __init__(self, now_s: Callable[[], float], beam: Beam, *, with_timer: bool = True) -> None:
        self._now_s, self._beam, self._with_timer = now_s, beam, with_timer
        self._held = bytearray()
        self._late: list[tuple[float, bytes]] = []
        self._kept: dict[str, str] = {}
        self._before = "OK"
        self.fault: WireFault | None = None
        self.broken_at_start = False
        self.delivered_J = 0.0
        self.reset()

    def reset(self) -> None:
        """As after power-up: silent, all as made."""
        self.values = dict(_DEFAULTS)
        self.started_s: float | None = None
        self._sounds_as: dict[str, int] = {}
        self.armed = self._endless = False

    def open(self) -> None:
        """The port was opened: the device resets and prints its greeting, or E2."""
        self.reset()
        self._late.append((self._now_s(), f"{_FAULT if self.broken_at_start else GREETING}\r\n".encode("ascii")))

    def answer(self, data: bytes) -> bytes:
        """Replies to what has come, at once."""
        if self.fault is WireFault.MUTE:
            return b""
        if self.fault is WireFault.RESET:
            self.reset()
            self.fault = None
        replies = b""
        for byte in data:
            if self.armed:
                self.armed = False
                self._start()
            if byte == 0x0D:
                line = self._held.decode("ascii", "replace")
                self._held.clear()
                replies += self._on_the_wire(line.strip(), self._reply(line.strip()))
            elif len(self._held) < _MAX_LINE:
                self._held.append(byte)
        return replies

    def unasked(self) -> bytes:
        """The greeting, and replies that are late."""
        now_s = self._now_s()
        due = b"".join(data for due_s, data in self._late if due_s <= now_s)
        self._late = [(due_s, data) for due_s, data in self._late if due_s > now_s]
        return due

    def sounding(self, from_s: float, to_s: float) -> tuple[tuple[FocalPower, ...], float]:
        """What sounds from `from_s`, and until when (at most `to_s`) that stays so: mean power over a period."""
        if self.started_s is None:
            return (), to_s
        now = self._sounds_as
        ends_s = float("inf") if self._endless else self.started_s + now["TIMER"] * self._beam.timer_unit_s
        power_W = now["GLOBALPOWER"] / 1000.0 * now["BURST"] / now["PERIOD"] * self._beam.acoustic_per_electrical
        if from_s >= ends_s or power_W <= 0.0:
            return (), to_s
        depth_mm = now["FOCUS"] / 1000.0
        (x, y, z), (ax, ay, az) = self._beam.origin_mm, self._beam.axis
        aim_mm = (x + depth_mm * ax, y + depth_mm * ay, z + depth_mm * az)
        return (FocalPower(aim_mm, power_W),), min(to_s, ends_s)

    def _reply(self, line: str) -> str:
        if line.endswith("?"):
            name = line[:-1]
            known = name in self.values and (self._with_timer or name != "TIMER")
            return f"{name}={self.values[name]}" if known else _ERROR
        name, equals, value = line.partition("=")
        if equals:
            return self._set(name, value)
        if line == "START":
            self._start()
            return "OK"
        if line == "ABORT":
            if self.fault is not WireFault.IGNORES_OFF:
                self.started_s = None
            return "OK"
        self.armed = line == "ARM"
        return "OK" if self.armed else _ERROR

    def _set(self, name: str, text: str) -> str:
        if name not in self.values or not text.isdecimal() or (name == "TIMER" and not self._with_timer):
            return _ERROR
        changed = self.values | {name: int(text)}
        if changed["BURST"] > changed["PERIOD"] or changed["GLOBALPOWER"] > _MAX_POWER_mW or changed["LOCAL"] > 1:
            return _ERROR
        self.values = changed  # of effect at the next START: whether it changes what already sounds is not known
        return "OK"

    def _start(self) -> None:
        self.started_s = self._now_s()
        self._sounds_as = dict(self.values)
        self._endless = self.fault is WireFault.LIES

    def _on_the_wire(self, asked: str, reply: str) -> bytes:
        before, self._before = self._before, reply
        if self.fault is WireFault.STUCK:
            reply = self._kept.get(asked.partition("=")[0], reply)
        else:
            self._kept[asked.partition("=")[0]] = reply
        if self.fault is WireFault.WRONG_REPLY:
            reply = "XDRSELECT=1"
        if self.fault is WireFault.OTHERS_REPLY:
            reply = before
        data = f"{reply}\r\n".encode("ascii")
        if self.fault is WireFault.SLOW:
            self._late.append((self._now_s() + SLOW_s, data))
            return b""
        if self.fault is WireFault.GARBLED:
            return bytes((data[0] ^ 0x80,)) + data[1:]
        return data[: len(data) // 2] if self.fault is WireFault.HALF else data
