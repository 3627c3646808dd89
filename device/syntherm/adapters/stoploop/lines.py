"""The control lines of a serial port: RTS and DTR out, CTS and DSR in. No call waits for the other end."""

from typing import Protocol

import serial
from serial import rfc2217

from syntherm.adapters.stoploop.loop import Levels


class LinesFailed(Exception):
    """The lines cannot be opened, driven or read. One line: which port, and what the system said."""


class ControlLines(Protocol):
    """What the patient's stop needs of a port."""

    def read(self) -> Levels:
        """CTS and DSR as last known. Raises LinesFailed."""
        ...

    def drive(self, levels: Levels) -> None:
        """Set RTS and DTR. Raises LinesFailed."""
        ...


class SerialControlLines:
    """Control lines over pyserial: a device's path, or a URL such as `rfc2217://127.0.0.1:4000`.

    Over RFC 2217 pyserial's own setters and its `poll_modem` sleep for 50 ms at a time, and a poll that stays without
    answer gives the last value. So the requests are sent here without waiting; what the server tells is read at the
    next look, and the pulses show that it still tells.
    """

    def __init__(self, url: str) -> None:
        """Open it with both lines off. Raises LinesFailed."""
        self._url = url
        try:
            self._port = serial.serial_for_url(url, do_not_open=True, timeout=0.0, exclusive=True)
            self._port.rts = self._port.dtr = False
            self._port.open()
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinesFailed(f"{url}: {error}") from error

    def read(self) -> Levels:
        """CTS and DSR as the system, or the server, last told. Raises LinesFailed."""
        try:
            if isinstance(self._port, rfc2217.Serial):
                self._port.rfc2217_send_subnegotiation(rfc2217.NOTIFY_MODEMSTATE)
            return Levels(bool(self._port.cts), bool(self._port.dsr))
        except (serial.SerialException, OSError, TypeError, AttributeError) as error:
            # The last two are pyserial's own answer to a port that was closed beneath it.
            raise LinesFailed(f"{self._url}: {error}") from error

    def drive(self, levels: Levels) -> None:
        """Set RTS and DTR; over RFC 2217 without waiting for the confirmation. Raises LinesFailed."""
        try:
            if isinstance(self._port, rfc2217.Serial):
                rts = rfc2217.SET_CONTROL_RTS_ON if levels.first else rfc2217.SET_CONTROL_RTS_OFF
                dtr = rfc2217.SET_CONTROL_DTR_ON if levels.second else rfc2217.SET_CONTROL_DTR_OFF
                self._port.rfc2217_send_subnegotiation(rfc2217.SET_CONTROL, rts)
                self._port.rfc2217_send_subnegotiation(rfc2217.SET_CONTROL, dtr)
            else:
                self._port.rts, self._port.dtr = levels.first, levels.second
        except (serial.SerialException, OSError, TypeError, AttributeError) as error:
            raise LinesFailed(f"{self._url}: {error}") from error

    def close(self) -> None:
        """Give the port back."""
        self._port.close()
