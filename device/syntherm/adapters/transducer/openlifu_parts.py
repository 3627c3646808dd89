"""The two halves of an OpenLIFU system as they are asked: the transmitter and the console with its high voltage."""

import math
import struct
from typing import Final

from syntherm.adapters.line import Line
from syntherm.adapters.transducer.openlifu_codec import Frame
from syntherm.adapters.transducer.openlifu_link import Link, Unanswered
from syntherm.adapters.transducer.openlifu_trigger import Trigger, TriggerRefused, TriggerState, read_trigger
from syntherm.adapters.transducer.openlifu_words import Command, Kind
from syntherm.adapters.transducer.tx7332 import MODE, MODE_MASK, Registers, blocks, spans

_BLOCK: Final = 62
_ID_BYTES: Final = 12


def _identity(link: Link, name: str) -> tuple[str, str]:
    """Hardware identification in hex, and the firmware's version."""
    found = link.ask(Kind.COMMAND, Command.HARDWARE_ID).data
    if len(found) < _ID_BYTES:
        raise Unanswered(f"{name}: identification of {len(found)} bytes, expected {_ID_BYTES}")
    version = link.ask(Kind.COMMAND, Command.VERSION).data
    text = ".".join(map(str, version)) if len(version) == 3 else version.decode("ascii", "replace")
    return found[:_ID_BYTES].hex(), ascii(text.lstrip("v").rstrip("\0")[:20]).strip("'")


def _unlike(registers: Registers, found: Registers) -> set[int]:
    return {address for address, value in registers.items() if found.get(address) != value}


class Transmitter:
    """Pulses and delays."""

    NAME: Final = "OpenLIFU transmitter"

    def __init__(self, line: Line) -> None:
        self._link = Link(line, self.NAME)
        self._seen: dict[int, Registers] = {}
        """What each chip was last read to hold; saves reading what is to be written anyway."""

    def identity(self) -> tuple[str, str]:
        """Identification in hex and version. Raises Unanswered."""
        return _identity(self._link, self.NAME)

    def chips(self) -> int:
        """How many chips there are. Raises Unanswered."""
        return self._link.ask(Kind.CHIP, Command.CHIPS).reserved

    def quiet(self) -> None:
        """No status texts. Raises Unanswered."""
        self._link.ask(Kind.CONTROLLER, Command.ASYNC, data=b"\0")

    def tell_stop(self) -> int:
        """Send the stop, and wait for nothing. Raises Unanswered if it could not be sent."""
        return self._link.tell(Kind.CONTROLLER, Command.STOP)

    def state(self) -> TriggerState:
        """The trigger as the device has it. Raises Unanswered."""
        return self._read(self._link.ask(Kind.CONTROLLER, Command.GET_TRIGGER))

    def hear_stopped(self, number: int | None) -> None:
        """Whether the stop holds is judged by the state alone: a device without a trigger answers it with an error."""
        if number is not None:
            try:
                self._link.hear(number, Command.STOP)
            except Unanswered:
                number = None
        if self.state().running:
            raise Unanswered(f"{self.NAME}: reads back as running after STOP")

    def set_trigger(self, trigger: Trigger) -> None:
        """Set it, and read it back. Raises Unanswered."""
        self._link.ask(Kind.CONTROLLER, Command.SET_TRIGGER, data=trigger.text)
        found = self.state()
        if found.trigger != trigger:
            raise Unanswered(f"{self.NAME}: trigger set to {trigger}, reads back as {found.trigger}")

    def set_cycle(self, order: tuple[int, ...], profiles: int, chips: int, chips_per_module: int) -> None:
        """The order in which profiles (from 1) follow pulse by pulse; for every module. Raises Unanswered."""
        for module in range(chips // chips_per_module):
            data = bytes((profiles, chips_per_module, len(order), *order)) + bytes(4 * profiles * chips_per_module)
            self._link.ask(Kind.CONTROLLER, Command.SET_CYCLE, module, data)

    def hold(self, chip: int, registers: Registers) -> None:
        """Have a chip hold these: what was last seen otherwise is written, then all are read. Raises Unanswered.

        Nothing counts as held for having been written or seen before. What a chip lost meanwhile is written, too.
        """
        unlike = _unlike(registers, self._seen.pop(chip, {}))
        for _ in range(2):
            self._write(chip, registers, unlike)
            found = self._read_all(chip, registers)
            lost = _unlike(registers, found)
            if not lost:
                self._seen[chip] = found
                return
            if lost & unlike:
                break
            unlike = lost
        raise Unanswered(f"{self.NAME}: chip {chip}, registers from 0x{min(lost):03X} read back as others")

    def start(self) -> None:
        """Begin to sound. The acknowledgement is not enough: an overheated device gives it and stays silent."""
        self._link.ask(Kind.CONTROLLER, Command.START)

    def _write(self, chip: int, registers: Registers, which: set[int]) -> None:
        """All neighbours of one that is to be written go with it."""
        for address, values in blocks(registers, _BLOCK):
            if not which.isdisjoint(range(address, address + len(values))):
                words = struct.pack(f"<HBB{len(values)}I", address, len(values), 0, *values)
                self._link.ask(Kind.CHIP, Command.WRITE_BLOCK, chip, words)

    def _read_all(self, chip: int, registers: Registers) -> Registers:
        found: Registers = {}
        for span in spans(registers, _BLOCK):
            head = struct.pack("<HBB", span.start, len(span), 0)
            data = self._link.ask(Kind.CHIP, Command.READ_BLOCK, chip, head).data
            if len(data) != 4 * len(span):
                raise Unanswered(f"{self.NAME}: READ_BLOCK of {len(data)} bytes, expected {4 * len(span)}")
            found.update(zip(span, struct.unpack(f"<{len(span)}I", data), strict=True))
        if MODE in found:
            found[MODE] &= MODE_MASK
        return found

    def _read(self, frame: Frame) -> TriggerState:
        try:
            return read_trigger(frame.data)
        except TriggerRefused as error:
            raise Unanswered(f"{self.NAME}: {error}") from error


class Console:
    """High voltage."""

    NAME: Final = "OpenLIFU console"

    def __init__(self, line: Line) -> None:
        self._link = Link(line, self.NAME)

    def identity(self) -> tuple[str, str]:
        """Identification in hex and version. Raises Unanswered."""
        return _identity(self._link, self.NAME)

    def tell_off(self) -> int:
        """Send the order to switch off, and wait for nothing. Raises Unanswered if it could not be sent."""
        return self._link.tell(Kind.POWER, Command.HV_OFF)

    def hear_off(self, number: int | None) -> None:
        """Raises Unanswered unless high voltage reads back as off."""
        if number is not None:
            try:
                self._link.hear(number, Command.HV_OFF)
            except Unanswered:
                number = None
        if self.is_on():
            raise Unanswered(f"{self.NAME}: high voltage reads back as on after HV_OFF")

    def is_on(self) -> bool:
        """Whether high voltage is on. Raises Unanswered."""
        found = self._link.ask(Kind.POWER, Command.GET_HV_ON).reserved
        if found not in (0, 1):
            raise Unanswered(f"{self.NAME}: GET_HV_ON is {found}, expected 0 or 1")
        return found == 1

    def turn_on(self, volts: float) -> None:
        """Set the voltage and switch it on. Raises Unanswered."""
        self._link.ask(Kind.POWER, Command.SET_HV, data=struct.pack(">f", volts))
        self._link.ask(Kind.POWER, Command.HV_ON)

    def measured_V(self) -> float:
        """The voltage as measured. Raises Unanswered."""
        data = self._link.ask(Kind.POWER, Command.GET_HV).data
        if len(data) != 4:
            raise Unanswered(f"{self.NAME}: GET_HV of {len(data)} bytes, expected 4")
        volts = float(struct.unpack("<f", data)[0])
        if not math.isfinite(volts):
            raise Unanswered(f"{self.NAME}: GET_HV is {volts}")
        return volts
