"""Control lines of a simulated serial port, in memory or behind an RFC 2217 server on 127.0.0.1."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any, Final

import attrs
from serial.rfc2217 import PortManager

from syntherm_sim.faults.wire import WireFault

HOST: Final = "127.0.0.1"
FAULTS: Final = frozenset({WireFault.MUTE, WireFault.STUCK, WireFault.RESET})
_LOOK_EVERY_S: Final = 0.002


@attrs.frozen
class Ends:
    """What the far ends of the wires show."""

    cts: bool
    dsr: bool


class ControlPort:
    """A serial port as far as PortManager touches it. `wires(rts, dtr)` gives what CTS and DSR show."""

    def __init__(self, wires: Callable[[bool, bool], Ends]) -> None:
        self._wires = wires
        self.rts = self.dtr = False
        self.ri = self.cd = False
        self.baudrate, self.bytesize, self.parity, self.stopbits = 9600, 8, "N", 1
        self.xonxoff = self.rtscts = False
        self.break_condition = False
        self.fault: WireFault | None = None
        self._stuck: Ends | None = None

    @property
    def ends(self) -> Ends:
        """CTS and DSR now."""
        if self.fault is WireFault.RESET:
            self.rts = self.dtr = False
        if self.fault is WireFault.STUCK:
            self._stuck = self._stuck or self._wires(self.rts, self.dtr)
            return self._stuck
        self._stuck = None
        return self._wires(self.rts, self.dtr)

    @property
    def cts(self) -> bool:
        """Clear to send."""
        return self.ends.cts

    @property
    def dsr(self) -> bool:
        """Data set ready."""
        return self.ends.dsr

    def reset_input_buffer(self) -> None:
        """There is no data on this port."""

    def reset_output_buffer(self) -> None:
        """There is no data on this port."""

    def unplug(self) -> None:
        """Nobody holds the port open any more: its lines fall, as HUPCL makes them."""
        self.rts = self.dtr = False


class PatientButton:
    """A button with two normally-closed contacts. The attributes after `pressed` are faults of its wiring."""

    def __init__(self) -> None:
        self.pressed = False
        self.cut = False
        self.welded = (False, False)
        """A contact that does not open when pressed."""
        self.shorted = (False, False)
        """A far end that is held on, whatever is driven."""

    def wires(self, rts: bool, dtr: bool) -> Ends:
        """RTS through one contact to CTS, DTR through the other to DSR."""
        passes = [not self.cut and (not self.pressed or welded) for welded in self.welded]
        return Ends((rts and passes[0]) or self.shorted[0], (dtr and passes[1]) or self.shorted[1])


class EnableRelay:
    """The generator's enable input: on while RTS is on. A second contact mirrors it."""

    def __init__(self) -> None:
        self.on = False
        self.stuck = False

    def wires(self, rts: bool, dtr: bool) -> Ends:
        """The holder's port: RTS moves the relay, CTS shows it."""
        self.on = self.on if self.stuck else rts
        return Ends(self.on, dtr)

    def mirror(self, rts: bool, dtr: bool) -> Ends:
        """Another port: its CTS shows the relay while its own RTS feeds the contact."""
        return Ends(self.on and rts, dtr)


class _Connection:
    def __init__(self, connected: socket.socket) -> None:
        self._socket, self._lock = connected, Lock()

    def write(self, data: bytes) -> None:
        with self._lock:
            self._socket.sendall(data)


class ControlLineServer:
    """Serves one port at a time to one client, by pyserial's own server side."""

    def __init__(self, port: ControlPort) -> None:
        self._port, self._ended = port, Event()
        self._listener = socket.create_server((HOST, 0))
        self._listener.settimeout(0.05)
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where a client finds it."""
        return f"rfc2217://{HOST}:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """End it, and any connection."""
        self._ended.set()
        self._thread.join(5.0)
        self._listener.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                connected, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connected:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connected.settimeout(_LOOK_EVERY_S)
                with suppress(OSError):
                    self._talk(connected)
                self._port.unplug()
                self._wired()

    def _talk(self, connected: socket.socket) -> None:
        manager = PortManager(*self._sides(connected))
        while not self._ended.is_set():
            try:
                data = connected.recv(4096)
                if not data:
                    return
            except TimeoutError:
                data = b""
            if self._port.fault is WireFault.MUTE:
                continue
            for _ in manager.filter(data):
                pass
            self._wired()
            manager.check_modem_lines()

    def _sides(self, connected: socket.socket) -> Any:
        # PortManager asks for pyserial's class; it uses only what is here.
        return self._port, _Connection(connected)

    def _wired(self) -> Ends:
        # Currents flow whether or not anybody looks.
        return self._port.ends
