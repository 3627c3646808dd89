"""The console of an OpenLIFU system: high voltage."""

import struct
from collections.abc import Callable

import attrs

from syntherm.adapters.transducer.openlifu_codec import Frame
from syntherm.adapters.transducer.openlifu_words import Command, Kind
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.openlifu_frames import refusal

CONSOLE_ID = bytes(range(0x10, 0x1C))
_LIE_FACTOR = 1.5
_UNKNOWN = 0xFC


class ConsolePart:
    """High voltage that stands `settle_s` after it was switched on."""

    def __init__(self, now_s: Callable[[], float], settle_s: float) -> None:
        self._now_s, self._settle_s = now_s, settle_s
        self.reset()

    def reset(self) -> None:
        """Off, nothing set."""
        self._set_V = 0.0
        self._on_since_s: float | None = None
        self._lying = False

    @property
    def rail_V(self) -> float:
        """What really stands at the transmitter."""
        if self._on_since_s is None or self._now_s() < self._on_since_s + self._settle_s:
            return 0.0
        return self._set_V * (_LIE_FACTOR if self._lying else 1.0)

    def handle(self, frame: Frame, fault: WireFault | None) -> Frame:
        """Do what is asked, and answer."""
        self._lying = fault is WireFault.LIES
        reply = Frame(frame.number, Kind.REPLY, frame.command, frame.address)
        if frame.kind == Kind.COMMAND:
            return self._common(frame, reply)
        if frame.kind != Kind.POWER:
            return refusal(frame, _UNKNOWN)
        return self._power(frame, reply, fault)

    def _common(self, frame: Frame, reply: Frame) -> Frame:
        answers = {
            Command.HARDWARE_ID: CONSOLE_ID, Command.VERSION: bytes((2, 0, 9)), Command.ECHO: frame.data, 0x00: b"",
        }  # fmt: skip
        if frame.command not in answers:
            return refusal(frame, _UNKNOWN)
        return attrs.evolve(reply, data=answers[frame.command])

    def _power(self, frame: Frame, reply: Frame, fault: WireFault | None) -> Frame:
        if frame.command == Command.SET_HV and len(frame.data) == 4:
            self._set_V = float(struct.unpack(">f", frame.data)[0])
        elif frame.command == Command.HV_ON:
            self._on_since_s = self._now_s() if self._on_since_s is None else self._on_since_s
        elif frame.command == Command.HV_OFF:
            self._on_since_s = self._on_since_s if fault is WireFault.IGNORES_OFF else None
        elif frame.command == Command.GET_HV_ON:
            return attrs.evolve(reply, reserved=int(self._on_since_s is not None))
        elif frame.command == Command.GET_HV:
            shown_V = self._set_V if self._lying and self._on_since_s is not None else self.rail_V
            return attrs.evolve(reply, data=struct.pack("<f", shown_V))
        else:
            return refusal(frame, _UNKNOWN)
        return reply
