"""The transmitter of an OpenLIFU system: chips with registers, and a trigger that counts pulses."""

import json
import struct
from collections.abc import Callable
from typing import Final

import attrs

from syntherm.adapters.transducer.openlifu_codec import Frame
from syntherm.adapters.transducer.openlifu_words import Command, Kind
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.openlifu_chip import LAST, Chip
from syntherm_sim.wire.openlifu_frames import refusal

TRANSMITTER_ID = bytes(range(0x40, 0x4C))
_UNKNOWN: Final = 0xFC
_INVALID: Final = 0xFE
_FIELDS: Final = (
    "TriggerFrequencyHz", "TriggerPulseCount", "TriggerPulseWidthUsec", "TriggerPulseTrainInterval",
    "TriggerPulseTrainCount", "TriggerMode", "ProfileIndex", "ProfileIncrement",
)  # fmt: skip
_MAX_PROFILES: Final = 16


class TransmitterPart:
    """`chips` of 32 channels each. `overheated`: START is acknowledged and not obeyed, as the real firmware does."""

    def __init__(self, now_s: Callable[[], float], chips: int) -> None:
        self._now_s, self._count = now_s, chips
        self.overheated = False
        self.endless = False
        self.reset()

    def reset(self) -> None:
        """All registers zero, nothing configured, silent."""
        self.chips = [Chip() for _ in range(self._count)]
        self.trigger = dict.fromkeys(_FIELDS, 0)
        self.order: tuple[int, ...] = ()
        self.configured = False
        self.told_status = False
        self.started_s: float | None = None

    @property
    def period_s(self) -> float:
        """From pulse to pulse."""
        return 1.0 / max(self.trigger["TriggerFrequencyHz"], 1)

    @property
    def train_s(self) -> float:
        """From train to train."""
        interval_s = self.trigger["TriggerPulseTrainInterval"] * 1e-6
        return interval_s or self.trigger["TriggerPulseCount"] * self.period_s

    @property
    def ends_s(self) -> float | None:
        """When the trains that were started are over; None when nothing was started."""
        if self.started_s is None:
            return None
        if self.endless or self.trigger["TriggerMode"] == 1:
            return float("inf")
        trains = 1 if self.trigger["TriggerMode"] == 2 else self.trigger["TriggerPulseTrainCount"]
        if self.trigger["TriggerPulseTrainInterval"] == 0:
            # One division, so that a whole number of pulses ends where its count says.
            return self.started_s + trains * self.trigger["TriggerPulseCount"] / self.trigger["TriggerFrequencyHz"]
        return self.started_s + trains * self.train_s

    def runs(self, at_s: float) -> bool:
        """Whether the trigger runs."""
        return self.ends_s is not None and at_s < self.ends_s

    def handle(self, frame: Frame, fault: WireFault | None) -> Frame:
        """Do what is asked, and answer."""
        reply = Frame(frame.number, Kind.REPLY, frame.command, frame.address)
        if frame.kind == Kind.CHIP:
            return self._chip(frame, reply)
        if frame.kind == Kind.CONTROLLER:
            return self._controller(frame, reply, fault)
        answers = {
            Command.HARDWARE_ID: TRANSMITTER_ID, Command.VERSION: b"2.0.9", Command.ECHO: frame.data, 0x00: b"",
        }  # fmt: skip
        if frame.kind != Kind.COMMAND or frame.command not in answers:
            return refusal(frame, _UNKNOWN)
        return attrs.evolve(reply, data=answers[frame.command])

    def _controller(self, frame: Frame, reply: Frame, fault: WireFault | None) -> Frame:
        match frame.command:
            case Command.ASYNC:
                self.told_status = frame.data == b"\x01" if frame.data else self.told_status
                return attrs.evolve(reply, reserved=int(self.told_status))
            case Command.MODULES:
                return attrs.evolve(reply, data=bytes((self._count // 2,)))
            case Command.SET_TRIGGER:
                return self._set_trigger(frame, reply)
            case Command.GET_TRIGGER:
                return attrs.evolve(reply, data=self._told(fault))
            case Command.SET_CYCLE:
                return self._set_cycle(frame, reply)
            case Command.START:
                return self._start(frame, reply, fault)
            case Command.STOP:
                if fault is not WireFault.IGNORES_OFF:
                    self.started_s = None
                return reply if self.configured else refusal(frame, 0)
        return refusal(frame, _INVALID)

    def _set_trigger(self, frame: Frame, reply: Frame) -> Frame:
        self.started_s, self.order = None, ()
        try:
            found = json.loads(frame.data)
            self.trigger |= {name: int(found[name]) for name in _FIELDS if name in found}
        except (ValueError, TypeError, OverflowError):
            return refusal(frame, 0)
        self.configured = True
        return attrs.evolve(reply, data=self._told(None))

    def _told(self, fault: WireFault | None) -> bytes:
        running = self.runs(self._now_s()) and not (fault is WireFault.LIES and self.endless)
        return json.dumps(self.trigger | {"TriggerStatus": "RUNNING" if running else "STOPPED"}).encode("ascii")

    def _set_cycle(self, frame: Frame, reply: Frame) -> Frame:
        if len(frame.data) < 3 or frame.address >= self._count // 2:
            return refusal(frame, 0)
        profiles, chips, length = frame.data[:3]
        order = tuple(frame.data[3 : 3 + length])
        whole = len(frame.data) >= 3 + length + 4 * profiles * chips and len(order) == length > 0
        if not whole or not 1 <= profiles <= _MAX_PROFILES or not all(1 <= at <= profiles for at in order):
            return refusal(frame, 0)
        self.order = order
        return reply

    def _start(self, frame: Frame, reply: Frame, fault: WireFault | None) -> Frame:
        pulses, gate_s = self.trigger["TriggerPulseCount"], self.trigger["TriggerPulseWidthUsec"] * 1e-6
        uneven = bool(self.order) and (pulses == 0 or pulses % len(self.order) != 0)
        short = 0.0 < self.trigger["TriggerPulseTrainInterval"] * 1e-6 < pulses * self.period_s
        if not self.configured or self.trigger["TriggerFrequencyHz"] == 0 or gate_s >= self.period_s or uneven or short:
            return refusal(frame, 0)
        self.endless = fault is WireFault.LIES
        if not self.overheated:
            self.started_s = self._now_s()
        return reply

    def _chip(self, frame: Frame, reply: Frame) -> Frame:
        if frame.command == Command.CHIPS:
            return attrs.evolve(reply, reserved=self._count)
        if frame.address >= self._count or len(frame.data) < 4:
            return refusal(frame, 0)
        address, count, _ = struct.unpack_from("<HBB", frame.data)
        registers = self.chips[frame.address].registers
        if not 0 < count <= 62 or address + count > LAST + 1:
            return refusal(frame, 0)
        if frame.command == Command.READ_BLOCK:
            return attrs.evolve(reply, data=struct.pack(f"<{count}I", *registers[address : address + count]))
        if frame.command != Command.WRITE_BLOCK or len(frame.data) != 4 + 4 * count:
            return refusal(frame, _INVALID)
        registers[address : address + count] = struct.unpack_from(f"<{count}I", frame.data, 4)
        return reply
