"""Serial control lines of the guardian: one port for the enable and its read-back, one for the patient's contact."""

from contextlib import suppress
from typing import Final

import serial
from serial import rfc2217


class WireLost(Exception):
    """A port cannot be opened, driven or read. One line: which, and what the system said."""


_FAILURES: Final = (serial.SerialException, OSError, ValueError, TypeError, AttributeError)
"""The last two are pyserial's own answer to a port that was closed beneath it."""


class Wires:
    """RTS and DTR out, CTS and DSR in. Both start off, and fall when this process ends. No call waits."""

    def __init__(self, url: str) -> None:
        """Open the port. Raises WireLost."""
        self._url = url
        try:
            self._port = serial.serial_for_url(url, do_not_open=True, timeout=0.0, exclusive=True)
            self._port.rts = self._port.dtr = False
            self._port.open()
        except _FAILURES as error:
            raise WireLost(f"{url}: {error}") from error

    def read(self) -> tuple[bool, bool]:
        """CTS and DSR as last told. Raises WireLost."""
        try:
            if isinstance(self._port, rfc2217.Serial):
                self._port.rfc2217_send_subnegotiation(rfc2217.NOTIFY_MODEMSTATE)
            return bool(self._port.cts), bool(self._port.dsr)
        except _FAILURES as error:
            raise WireLost(f"{self._url}: {error}") from error

    def rts(self, on: bool) -> None:
        """Drive RTS. Raises WireLost."""
        self._drive(rfc2217.SET_CONTROL_RTS_ON if on else rfc2217.SET_CONTROL_RTS_OFF, "rts", on)

    def dtr(self, on: bool) -> None:
        """Drive DTR. Raises WireLost."""
        self._drive(rfc2217.SET_CONTROL_DTR_ON if on else rfc2217.SET_CONTROL_DTR_OFF, "dtr", on)

    def fall(self) -> None:
        """Everything off, by every way there is; never raises."""
        for drive in (self.rts, self.dtr):
            with suppress(WireLost):
                drive(False)

    def close(self) -> None:
        """Off, and the port given back."""
        self.fall()
        with suppress(*_FAILURES):
            self._port.close()

    def _drive(self, request: bytes, name: str, on: bool) -> None:
        try:
            if isinstance(self._port, rfc2217.Serial):
                self._port.rfc2217_send_subnegotiation(rfc2217.SET_CONTROL, request)
            else:
                setattr(self._port, name, on)
        except _FAILURES as error:
            raise WireLost(f"{self._url}: {error}") from error


class EnableLine:
    """The generator's enable on RTS, and its mirror on CTS, which must follow within `follow_s`."""

    def __init__(self, wires: Wires, follow_s: float) -> None:
        self._wires, self._follow_s = wires, follow_s
        self._on = False
        self._set_s: float | None = None

    def set(self, at_s: float, on: bool) -> None:
        """Drive it if it is not so already. Raises WireLost after having tried to make it fall."""
        if on == self._on:
            return
        self._on, self._set_s = on, at_s
        try:
            self._wires.rts(on)
        except WireLost:
            self.fall()
            raise

    def fall(self) -> None:
        """Off, whatever was believed; never raises."""
        self._on = False
        self._wires.fall()

    def again(self) -> None:
        """Off once more if it is to be off: for an off that was lost on its way. Never raises, never sets it."""
        if not self._on:
            self._wires.fall()

    def well(self, at_s: float) -> bool:
        """Whether the mirror shows what was set, or is still in its time to."""
        try:
            mirror, _ = self._wires.read()
        except WireLost:
            return False
        if mirror is self._on:
            return True
        return self._set_s is not None and 0.0 <= at_s - self._set_s <= self._follow_s
